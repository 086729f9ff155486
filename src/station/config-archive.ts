import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError } from '../disk/disk-error.ts';
import { openDurableFolder } from '../disk/durable-folder.ts';
import type { StationPlan } from './station-plan.ts';

/** Where a config of this digest is kept, or would be; null for a text that is no digest. */
export function keptConfigFile(root: string, digest: string): string | null {
  return /^[0-9a-f]{64}$/.test(digest) ? join(root, 'data', 'configs', `${digest}.json`) : null;
}

const WRITE_TIMEOUT_MS = 30_000;

/**
 * Keeps a config under its digest, as `data/configs/<digest>.json`, so that the config an item was inspected with can
 * always be read, whatever became of its file. The digest is the SHA-256 of the kept file.
 */
export async function keepConfig(root: string, { digest, raw }: StationPlan): Promise<void> {
  const base = join(root, 'data', 'configs');
  const path = join(base, `${digest}.json`);
  const isKept = await access(path).then(
    () => true,
    () => false,
  );
  if (isKept) return;
  try {
    const folder = await openDurableFolder({ top: root, base, scratch: '.half-written' });
    const text = Buffer.from(JSON.stringify(raw));
    await folder.write(path, text, AbortSignal.timeout(WRITE_TIMEOUT_MS)).finally(folder.close);
  } catch (error) {
    throw diskError('the config could not be kept in data/configs', error);
  }
}

import { readFile } from 'node:fs/promises';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Settings } from '../settings.ts';
import { openOrchestrator } from '../station/open-orchestrator.ts';
import { createLog } from './log.ts';
import { type Output, terminal } from './output.ts';
import { reportStartError } from './start-error.ts';

export interface InspectArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  /** Station config; undefined: the one the station would start with. */
  readonly config: string | undefined;
  /** `camera_id=FILE` each. */
  readonly images: readonly string[];
  readonly output?: Output;
}

/** One inspection without a server: prints the item. Exit code 1 when there is none, or when a part of it failed. */
export async function inspect({ root, settings, config, images, output = terminal }: InspectArgs): Promise<number> {
  try {
    const item = await inspectOnce({ root, settings, config, images });
    output.out(JSON.stringify(item, null, 2));
    if (item.error === null) return 0;
    output.err(item.error);
    return 1;
  } catch (error) {
    return reportStartError(error, output);
  }
}

async function inspectOnce({ root, settings, config, images }: InspectArgs): Promise<Item> {
  const pictures = await readPictures(images);
  const { orchestrator } = await openOrchestrator({ root, settings, config, log: createLog('warn'), isServing: false });
  try {
    if (orchestrator.configs.active() === null) {
      throw new AppError('NO_ACTIVE_CONFIG', (await orchestrator.health()).reasons.join('; '));
    }
    const id = await orchestrator.trigger({
      serialNumber: null,
      category: null,
      idempotencyKey: null,
      images: pictures,
    });
    return await orchestrator.finished(id);
  } finally {
    await orchestrator.close();
  }
}

async function readPictures(images: readonly string[]): Promise<Readonly<Record<string, Uint8Array>>> {
  const pictures: Record<string, Uint8Array> = {};
  for (const image of images) {
    const [, cameraId, file] = /^([^=]+)=(.+)$/s.exec(image) ?? [];
    if (cameraId === undefined || file === undefined) {
      throw new AppError('REQUEST_INVALID', `--image ${image}: expected camera_id=FILE`);
    }
    try {
      pictures[cameraId] = await readFile(file);
    } catch (error) {
      throw new AppError('REQUEST_INVALID', `--image ${image}: ${messageOf(error)}`, { cause: error });
    }
  }
  return pictures;
}

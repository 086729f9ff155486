/** What clients find when a station is started on the files that a power cut left. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Item } from '../../src/domain/item.ts';
import { newFolder } from '../edge-root.test-support.ts';
import { type StationProcess, startStation } from '../station-process.test-support.ts';
import type { DiskState } from './crash-disk.ts';
import type { RecordedRun } from './recorded-run.ts';

/** The promises that a station breaks which is started on this state, in sentences. */
export async function brokenAfterRestart(
  run: RecordedRun,
  state: DiskState,
  answered: ReadonlySet<string>,
): Promise<readonly string[]> {
  const station = await startStation(layOut(state));
  try {
    const listed = await station.get<Item[]>('/items?limit=1000');
    const ofItems = await Promise.all(
      [...answered].map(async (id) => {
        const times = listed.filter((item) => item.id === id).length;
        return [
          ...(times === 1 ? [] : [`item ${id} is listed ${times} times`]),
          ...(await brokenOf(station, run, id).catch((error: unknown) => [`item ${id}: ${String(error)}`])),
        ];
      }),
    );
    const repeated = [...run.ids].filter(([, id]) => answered.has(id));
    const ofKeys = await Promise.all(
      repeated.map(async ([key, id]) => {
        const answer = await station.request('POST', '/trigger', undefined, { 'idempotency-key': key });
        const { item_id: found } = (await answer.json()) as { item_id?: string };
        return found === id
          ? []
          : [`the key ${key} was answered with ${id} before the cut, and with ${found} after it`];
      }),
    );
    const next = await station.inspected();
    const ofNext = next.decision === 'OK' ? [] : [`the next item ends ${next.decision}: ${next.error}`];
    return [...ofItems.flat(), ...ofKeys.flat(), ...ofNext];
  } finally {
    await station.stop();
  }
}

async function brokenOf(station: StationProcess, run: RecordedRun, id: string): Promise<readonly string[]> {
  const { decision, binaries } = await station.done(id);
  const isUpload = run.sent.get(id)?.isUpload === true;
  const known = run.pictures.map(digestOf);
  const missing: string[] = [];
  for (const name of binaries) {
    const answer = await station.request('GET', `/items/${id}/binaries/${name.slice(0, name.lastIndexOf('.'))}`);
    if (!answer.ok || !known.includes(digestOf(await answer.bytes()))) missing.push(name);
  }
  const isLacking = binaries.length === 0 || missing.length > 0;
  return [
    ...((decision === null) === isUpload ? [] : [`item ${id} ends with decision ${decision}`]),
    ...(decision === 'OK' && isLacking ? [`item ${id} is OK without ${missing.join() || 'a picture'}`] : []),
  ];
}

/** Writes a state to a folder of its own. */
function layOut(state: DiskState): string {
  const root = newFolder();
  for (const [path, content] of state) {
    mkdirSync(content === 'folder' ? join(root, path) : dirname(join(root, path)), { recursive: true });
    if (content !== 'folder') writeFileSync(join(root, path), content);
  }
  return root;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

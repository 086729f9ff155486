/** A station that is watched by strace while clients ask everything of it that must survive a power cut. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { form, newEdgeRoot, newFolder, oneCamera, picture, stationConfig } from '../edge-root.test-support.ts';
import { type StationProcess, startStation } from '../station-process.test-support.ts';
import type { Sent } from './claims.ts';
import type { DiskState } from './crash-disk.ts';
import { diskMoments, type Moment, TRACED_CALLS } from './disk-events.ts';
import { systemCalls } from './system-calls.ts';

export interface RecordedRun {
  /** What the root held before the station started. */
  readonly initial: DiskState;
  readonly moments: readonly Moment[];
  /** By the id of its item, what each answered request had sent. */
  readonly sent: ReadonlyMap<string, Sent>;
  /** The id that each idempotency key was answered with. */
  readonly ids: ReadonlyMap<string, string>;
  /** All that cameras and clients gave. */
  readonly pictures: readonly Uint8Array[];
}

const CALLS = TRACED_CALLS.map((call) => `?${call}`).join();
const STRACE = ['strace', '-f', '-y', '-xx', '-s', '10000000', '--seccomp-bpf', '-e', `trace=${CALLS}`];

/** Whether strace runs here, and may look at other processes. */
export const isTraceable = (): boolean =>
  spawnSync(STRACE[0] ?? '', [...STRACE.slice(1), '-o', '/dev/null', 'true']).status === 0;

const SIZE = { width: 16, height: 12 };
/** Makes records large, so that two dozen items fill the write-ahead log up to its checkpoint. */
const LONG_TEXT = 'where it stands '.repeat(5_000);

/** Runs a station on a root that was never served before, from its start to its end. */
export async function recordRun(): Promise<RecordedRun> {
  const seen = { top: await picture('grey', SIZE), side: await picture('white', SIZE) };
  const root = newEdgeRoot({
    'config/station_configs/line.json': stationConfig({ top: oneCamera({ position: LONG_TEXT }) }),
    'config/station_configs/other.json': stationConfig({ top: oneCamera(), side: oneCamera({}, 'sides') }),
    'data/plates/grey.jpg': seen.top,
    'data/sides/white.jpg': seen.side,
  });
  const initial = diskStateOf(root);
  const trace = join(newFolder(), 'trace');
  const station = await startStation(root, {
    // -D: the station stays our child, and gets our signals
    under: [...STRACE, '-D', '-o', trace],
    // through a ring, libuv would write without a system call
    env: { UV_USE_IO_URING: '0' },
  });
  const asked = await drive(station);
  const status = await station.stop();
  if (status !== 0) throw new Error(`the recorded station ended with status ${status}: ${station.stderr()}`);
  const moments = diskMoments(systemCalls(readFileSync(trace, 'utf8')), root);
  return { ...asked, initial, moments, pictures: [...Object.values(seen), ...asked.pictures] };
}

async function drive(station: StationProcess) {
  const sent = new Map<string, Sent>();
  const ids = new Map<string, string>();
  const pictures: Uint8Array[] = [];
  const ask = async (path: string, body: object, key: string | null, what: Sent): Promise<string> => {
    const answer = await station.request('POST', path, body, key === null ? {} : { 'idempotency-key': key });
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    const { item_id: id } = (await answer.json()) as { item_id: string };
    if (key !== null && (ids.get(key) ?? id) !== id) throw new Error(`the key ${key} has two items`);
    if (key !== null) ids.set(key, id);
    sent.set(id, what);
    return id;
  };
  const newPicture = async (): Promise<Buffer> => {
    // no two are alike, so that none is taken for another
    const made = await picture({ r: 10 * pictures.length, g: 0, b: 90 }, { ...SIZE, format: 'png' });
    pictures.push(made);
    return made;
  };
  const plain = (key: string | null = null): Promise<string> =>
    ask('/trigger', { serial_number: 'SN-1', category: 'plate' }, key, { isUpload: false, pictures: {} });
  const withPicture = async (camera: string): Promise<string> => {
    const bytes = await newPicture();
    return await ask('/trigger', form({ [camera]: bytes }), null, {
      isUpload: false,
      pictures: { [`${camera}.png`]: bytes },
    });
  };
  const upload = async (): Promise<string> => {
    const bytes = await newPicture();
    return await ask('/upload', form({ image: bytes }), null, { isUpload: true, pictures: { '0.png': bytes } });
  };
  const together = (count: number, one: (index: number) => Promise<string>) =>
    Promise.all(Array.from({ length: count }, (_, index) => one(index)));

  await station.done(await plain());
  for (let index = 0; index < 6; index += 1) await plain();
  await together(8, () => plain());
  await withPicture('top');
  await together(2, () => withPicture('top'));
  for (const key of ['part-1', 'part-1', 'part-2']) await plain(key);
  await together(4, (index) => plain(index < 2 ? 'part-2' : 'part-3'));
  await upload();
  await station.activate('other');
  await station.done(await plain());
  for (const camera of ['top', 'side', 'top']) await withPicture(camera);
  await together(8, (index) => (index === 0 ? upload() : index < 4 ? withPicture('side') : plain()));
  for (let index = 0; index < 2; index += 1) await plain();
  return { sent, ids, pictures };
}

/** All files and folders of a root. */
function diskStateOf(root: string): DiskState {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry): [string, Uint8Array | 'folder'] => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path), entry.isDirectory() ? 'folder' : readFileSync(path)];
    }),
  );
}

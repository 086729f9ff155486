import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Item } from '../src/domain/item.ts';
import { without } from '../src/testing/needs.test-support.ts';
import { form, newEdgeRoot, picture } from './edge-root.test-support.ts';
import { eventually } from './eventually.test-support.ts';
import { runCommand, type StationProcess, startStation } from './station-process.test-support.ts';

const readiness = async (station: StationProcess): Promise<{ status: number; text: string }> => {
  const answer = await station.request('GET', '/health/ready');
  return { status: answer.status, text: await answer.text() };
};

describe.concurrent('a file where the storage should be', () => {
  it('leaves the station up, not ready, and no item OK, until it is gone', async () => {
    const root = newEdgeRoot({ 'data/storage': 'in the way' });
    const station = await startStation(root);
    const { status, text } = await readiness(station);
    expect(status).toBe(503);
    expect(text).toMatch(/storage/);
    expect(text).not.toContain(root);
    const item = await station.inspected();
    expect(item).toMatchObject({ state: 'Done', decision: 'NO_DECISION', binaries: [] });
    expect(item.error).toMatch(/could not be (saved|written)/);
    expect(item.error).not.toContain(root);
    rmSync(join(root, 'data/storage'));
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
    await eventually(async () => expect((await readiness(station)).status).toBe(200));
    // what could not be saved then is saved now, and says the same
    expect(JSON.parse(readFileSync(join(root, 'data/storage/line', item.id, 'metadata.json'), 'utf8'))).toEqual(item);
    expect(await station.get(`/items/${item.id}`)).toEqual(item);
    expect(await station.stop()).toBe(0);
  });
});

describe.concurrent('a storage that is lost while the station runs', () => {
  it('makes what cannot be saved NO_DECISION, and is used again when it is back', async () => {
    const root = newEdgeRoot();
    const station = await startStation(root);
    const before = await station.inspected();
    const [storage, aside] = [join(root, 'data/storage'), join(root, 'data/aside')];
    renameSync(storage, aside);
    writeFileSync(storage, 'in the way');
    expect(await station.inspected()).toMatchObject({ state: 'Done', decision: 'NO_DECISION' });
    rmSync(storage);
    renameSync(aside, storage);
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
    const binary = await station.request('GET', `/items/${before.id}/binaries/top`);
    expect(binary.status).toBe(200);
    expect(await station.stop()).toBe(0);
  });
});

describe.concurrent('a journal that cannot be read', () => {
  it.each([
    ['is missing', (file: string) => rmSync(file)],
    ['holds something else', (file: string) => writeFileSync(file, 'no database, but of some length'.repeat(300))],
    ['was cut off', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 5_000))],
  ])('is built again from the storages when it %s', async (_what, damage) => {
    const root = newEdgeRoot();
    const first = await startStation(root);
    const items: Item[] = [];
    for (let count = 0; count < 5; count += 1) items.unshift(await first.inspected({ serial_number: `SN ${count}` }));
    expect(await first.stop()).toBe(0);
    for (const name of readdirSync(join(root, 'data')).filter((file) => /-(wal|shm)$/.test(file))) {
      rmSync(join(root, 'data', name));
    }
    damage(join(root, 'data/journal.db'));
    const second = await startStation(root);
    const listed = await second.get<Item[]>('/items');
    expect(listed.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(items.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    expect(await second.get('/items?serial_number=SN%203')).toHaveLength(1);
    expect(await second.inspected()).toMatchObject({ decision: 'OK', error: null });
    expect(await second.stop()).toBe(0);
  });
});

/** Runs a program with a small file system of its own mounted over a folder, which only that program sees. */
const onSmallDisk = (folder: string, size: string): readonly string[] => [
  ...['unshare', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=${size} none '${folder}' && exec "$@"`,
  'sh',
];
/** The same with a file system that cannot be written. */
const onReadOnlyDisk = (folder: string): readonly string[] => [
  ...['unshare', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=1m none '${folder}' && mount -o remount,ro '${folder}' && exec "$@"`,
  'sh',
];
const withoutMount = ((): string => {
  const probe = newEdgeRoot();
  const [command = '', ...args] = onSmallDisk(probe, '64k');
  return without('permission to mount', spawnSync(command, [...args, 'true']).status === 0);
})();

describe.skipIf(withoutMount !== '')(`a disk that is full${withoutMount}`, () => {
  /** A station whose data/ is a file system of its own; `seen` is the folder as that station sees it. */
  const stationOnDisk = async (size: string, delayMs = 0): Promise<{ station: StationProcess; seen: string }> => {
    const root = newEdgeRoot({
      'config/edge.json': { model_forward: { type: 'fake', delay_ms: delayMs }, active_config: 'line' },
    });
    const data = join(root, 'data');
    const pictures = join(root, 'pictures');
    renameSync(join(data, 'plates'), pictures);
    const copied = `mkdir '${data}/plates' && cp '${pictures}'/* '${data}/plates' && exec "$@"`;
    const station = await startStation(root, { under: [...onSmallDisk(data, size), 'sh', '-c', copied, 'sh'] });
    return { station, seen: `/proc/${station.pid}/root${data}` };
  };

  it('is said before a part is lost: triggers are refused with 507, all that were taken are whole', async () => {
    const { station, seen } = await stationOnDisk('4m');
    const large = await picture('red', { width: 40, height: 30, format: 'png' });
    const padded = Buffer.concat([large, Buffer.alloc(300_000, 1)]);
    const items: Item[] = [];
    let refusal: Response | undefined;
    while (refusal === undefined) {
      const answer = await station.request('POST', '/trigger', form({ image: padded }));
      if (answer.status === 200) items.push(await station.done(((await answer.json()) as { item_id: string }).item_id));
      else refusal = answer;
    }
    expect(refusal.status).toBe(507);
    expect(await refusal.json()).toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringMatching(/disk is full/),
    });
    expect(items.length).toBeGreaterThan(3);
    for (const item of items) {
      expect(item).toMatchObject({ decision: 'OK', error: null });
      const folder = join(seen, 'storage/line', item.id);
      expect(JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))).toEqual(item);
      expect(readFileSync(join(folder, 'top.png')).equals(padded)).toBe(true);
    }
    // room again
    for (const { id } of items.slice(0, 3)) rmSync(join(seen, 'storage/line', id), { recursive: true });
    await eventually(async () => expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null }));
    expect(await station.stop()).toBe(0);
  });

  it('at any write loses no item, leaves no half file, makes nothing OK that is not saved, and recovers', async () => {
    const { station, seen } = await stationOnDisk('6m', 60);
    const filler = join(seen, 'filler');
    const items: Item[] = [];
    const statuses = new Set<number>();
    const trigger = async (): Promise<string[]> => {
      const answer = await station.request('POST', '/trigger', form({ image: await picture('red') }));
      statuses.add(answer.status);
      return answer.status === 200 ? [((await answer.json()) as { item_id: string }).item_id] : [];
    };
    // from no room at all on, a little more each time: the disk is full at every write in turn
    for (let room = 0; room <= 100; room += 4) {
      rmSync(filler, { force: true });
      await eventually(async () => expect((await readiness(station)).status).toBe(200));
      const ids = await trigger();
      // the disk becomes full while this item is under way, before the station has looked at it again
      expect(() => writeFileSync(filler, Buffer.alloc(8_000_000))).toThrow('ENOSPC');
      truncateSync(filler, statSync(filler).size - room * 1024);
      ids.push(...(await trigger()));
      items.push(...(await Promise.all(ids.map((id) => station.done(id)))));
    }
    for (const status of statuses) expect([200, 503, 507]).toContain(status);
    expect(statuses).toContain(200);
    expect(statuses).toContain(507);
    expect(items.filter(({ error }) => error !== null).length).toBeGreaterThan(3);
    for (const { decision, error } of items) expect(decision === 'OK').toBe(error === null);
    rmSync(filler);
    await eventually(async () => expect((await readiness(station)).status).toBe(200));
    // what could not be saved then has been saved since
    for (const item of items) {
      const folder = join(seen, 'storage/line', item.id);
      expect(JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))).toEqual(item);
      expect(readdirSync(folder).toSorted()).toEqual(['metadata.json', ...item.binaries].toSorted());
    }
    expect(readdirSync(join(seen, 'storage/.half-written'))).toEqual([]);
    expect((await station.get<Item[]>('/items?limit=1000')).map(({ id }) => id)).toEqual(
      expect.arrayContaining(items.map(({ id }) => id)),
    );
    expect(await station.get('/ledger')).toMatchObject({ closed: true, missing_count: 0 });
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
    expect(await station.stop()).toBe(0);
  });
});

describe.skipIf(withoutMount !== '')(`a disk that is read-only${withoutMount}`, () => {
  it('leaves the station up and not ready, its items undecided, and says why', async () => {
    const root = newEdgeRoot();
    const storage = join(root, 'data/storage');
    mkdirSync(storage);
    const station = await startStation(root, { under: onReadOnlyDisk(storage) });
    const ready = await readiness(station);
    expect(ready.status).toBe(503);
    expect(ready.text).toMatch(/read-only/);
    const item = await station.inspected();
    expect(item).toMatchObject({ state: 'Done', decision: 'NO_DECISION', binaries: [] });
    expect(item.error).toMatch(/read-only/);
    expect(await station.stop()).toBe(0);
  });

  it('under the whole of data/ ends serve with a clear message', async () => {
    const root = newEdgeRoot();
    const { status, stdout, stderr } = await runCommand(['serve', '--root', root, '--port', '0'], {
      under: onReadOnlyDisk(join(root, 'data')),
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/data\/station\.lock.*read-only/);
  });
});

describe.concurrent('a body', () => {
  it('over the limit is refused with 413 and the station goes on', async () => {
    const root = newEdgeRoot({
      'config/edge.json': { model_forward: { type: 'fake' }, active_config: 'line', server: { body_limit_mb: 1 } },
    });
    const station = await startStation(root);
    for (const path of ['/trigger', '/upload']) {
      const answer = await station.request('POST', path, form({ image: new Uint8Array(1_200_000) }));
      expect(answer.status).toBe(413);
      expect(await answer.json()).toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    }
    expect(await station.get('/items')).toEqual([]);
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    await station.stop();
  });

  it('of 30 MB is taken by default, and one above 32 MB is not', async () => {
    const station = await startStation(newEdgeRoot());
    const padded = Buffer.concat([await picture('red'), Buffer.alloc(30_000_000)]);
    expect(await station.inspected(form({ image: padded }))).toMatchObject({ state: 'Done', decision: 'OK' });
    const answer = await station.request('POST', '/trigger', form({ image: new Uint8Array(34_000_000) }));
    expect(answer.status).toBe(413);
    await station.stop();
  });
});

describe.concurrent('an image folder', () => {
  it('that is emptied while the station runs makes items undecided until it holds a picture again', async () => {
    const root = newEdgeRoot();
    const station = await startStation(root);
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    rmSync(join(root, 'data/plates/grey.jpg'));
    // no file: reading it would never end
    spawnSync('sh', ['-c', `mkfifo '${join(root, 'data/plates/pipe.jpg')}'`]);
    const empty = await station.inspected();
    expect(empty).toMatchObject({ decision: 'NO_DECISION', inferences: {}, binaries: [] });
    expect(empty.error).toMatch(/camera "top".*"plates".*holds no .jpg or .png/);
    expect((await readiness(station)).text).toMatch(/"top".*"plates"|\\"top\\".*\\"plates\\"/);
    rmSync(join(root, 'data/plates'), { recursive: true });
    expect((await station.inspected()).error).toMatch(/does not exist/);
    const diagnostics =
      await station.get<{ file: string; severity: string; message: string }[]>('/configs/diagnostics');
    expect(diagnostics).toEqual([
      expect.objectContaining({ severity: 'warning', message: expect.stringContaining('plates') }),
    ]);
    mkdirSync(join(root, 'data/plates'));
    writeFileSync(join(root, 'data/plates/zero.jpg'), '');
    expect(await station.inspected()).toMatchObject({ decision: 'NO_DECISION', binaries: ['top.bin'] });
    writeFileSync(join(root, 'data/plates/zero.jpg'), await picture('red'));
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    await station.stop();
  });
});

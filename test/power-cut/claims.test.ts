import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../src/ports/context.test-support.ts';
import { exampleItem } from '../../src/ports/metadata-storage.contract.ts';
import { createClaims, type Sent } from './claims.ts';
import type { DiskState } from './crash-disk.ts';
import { cutsOf, survivalsOf, survivalText } from './cuts.ts';
import { diskMoments } from './disk-events.ts';
import { systemCalls } from './system-calls.ts';
import { line } from './trace.test-support.ts';

/** Traces that a careless station would leave: whoever looks for lost items must find those in them. */

const PICTURE = Buffer.from('a picture');
const CONFIG = '{"cameras":{}}';
const CONFIG_DIGEST = createHash('sha256').update(CONFIG).digest('hex');
const ITEM = exampleItem('item', { station_config: 'line', config_digest: CONFIG_DIGEST, binaries: ['top.jpg'] });
const FOLDER = 'data/storage/line/item';

/** A root whose journal is made and holds no item; what one more item adds to the log. */
async function journalFiles(): Promise<{ before: DiskState; log: Uint8Array; from: number }> {
  const file = join(await temporaryFolder(), 'journal.db');
  const database = new DatabaseSync(file);
  onTestFinished(() => database.close());
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE items (id TEXT PRIMARY KEY, item TEXT NOT NULL)');
  const read = (name: string): Uint8Array => (existsSync(name) ? readFileSync(name) : new Uint8Array());
  const [base, first] = [read(file), read(`${file}-wal`)];
  database.prepare('INSERT INTO items VALUES (?, ?)').run(ITEM.id, JSON.stringify(ITEM));
  const folders = ['data', 'data/configs', 'data/storage', 'data/storage/line'];
  const before = new Map<string, Uint8Array | 'folder'>([
    ...folders.map((folder) => [folder, 'folder'] as const),
    [`data/configs/${CONFIG_DIGEST}.json`, Buffer.from(CONFIG)],
    ['data/journal.db', base],
    ['data/journal.db-wal', first],
  ]);
  return { before, log: read(`${file}-wal`).subarray(first.length), from: first.length };
}

/** What is broken after any cut of a trace, each said once: `survival: sentence`. */
async function brokenIn(before: DiskState, lines: readonly string[], sent: Sent): Promise<readonly string[]> {
  const brokenBy = createClaims({
    pictures: [PICTURE],
    sent: new Map([[ITEM.id, sent]]),
    folder: await temporaryFolder(),
  });
  const found = new Set<string>();
  for (const cut of cutsOf(before, diskMoments(systemCalls(lines.join('\n')), '/root'))) {
    for (const survival of survivalsOf(cut).filter((one) => typeof one === 'string')) {
      for (const { sentence } of brokenBy(cut.stateAfter(survival), cut.answered)) {
        found.add(`${survivalText(survival)}: ${sentence}`);
      }
    }
  }
  return [...found];
}

const root = (path: string): string => `/root/${path}`;
const WAL = root('data/journal.db-wal');
const open = line.open(3, WAL, 'O_RDWR|O_CREAT');
const nothingSent: Sent = { isUpload: false, pictures: {} };

describe('an item whose trigger was answered', () => {
  const commit = async () => {
    const { before, log, from } = await journalFiles();
    return { before, write: line.writeAt(3, WAL, log, from) };
  };

  it('is found lost when the answer comes before the sync of its record', async () => {
    const { before, write } = await commit();
    const lines = [open, write, line.answer('item'), line.sync(3, WAL)];
    expect(await brokenIn(before, lines, nothingSent)).toContain(
      'nothing on its way kept: item item was answered and is gone',
    );
  });

  it('is found lost when its record is never synced', async () => {
    const { before, write } = await commit();
    expect(await brokenIn(before, [open, write, line.answer('item')], nothingSent)).toContain(
      'nothing on its way kept: item item was answered and is gone',
    );
  });

  it('is found lost when another file is synced', async () => {
    const { before, write } = await commit();
    const database = root('data/journal.db');
    const lines = [open, line.open(4, database, 'O_RDWR'), write, line.sync(4, database), line.answer('item')];
    expect((await brokenIn(before, lines, nothingSent)).join()).toContain('was answered and is gone');
  });

  it('is there when the answer comes after the sync', async () => {
    const { before, write } = await commit();
    const broken = await brokenIn(before, [open, write, line.sync(3, WAL), line.answer('item')], nothingSent);
    expect(broken.filter((sentence) => sentence.includes('is gone'))).toEqual([]);
  });

  it('is found without its config when that was not kept', async () => {
    const { before, write } = await commit();
    const without = new Map([...before].filter(([path]) => !path.startsWith('data/configs/')));
    const broken = await brokenIn(without, [open, write, line.sync(3, WAL), line.answer('item')], nothingSent);
    expect(broken).toContain('nothing on its way kept: that of item item is gone');
  });
});

describe('a picture', () => {
  const half = root('data/storage/half');
  const path = root(`${FOLDER}/top.jpg`);
  const write = [line.open(5, half, 'O_WRONLY|O_CREAT|O_EXCL'), line.write(5, half, PICTURE)];
  const sync = line.sync(5, half);
  const place = [line.makeFolder(root(FOLDER)), line.rename(half, path)];
  const syncFolder = (number: number, folder: string): readonly string[] => [
    line.open(number, folder),
    line.sync(number, folder),
  ];
  const syncFolders = [...syncFolder(6, root('data/storage/line')), ...syncFolder(7, root(FOLDER))];
  const sent: Sent = { isUpload: true, pictures: { 'top.jpg': PICTURE } };
  const LOST = 'nothing on its way kept: top.jpg of item item is not there';

  it.each([
    ['is there when file, folder and the folder above are synced', [...write, sync, ...place, ...syncFolders], []],
    ['is found lost when its rename is followed by no sync', [...write, sync, ...place], [LOST]],
    [
      'is found lost when its folder is synced, and not the folder above, which was made for it too',
      [...write, sync, ...place, ...syncFolder(7, root(FOLDER))],
      [LOST],
    ],
    [
      'is found half under its final name when it is renamed before it is synced',
      [...write, ...place, ...syncFolders],
      [LOST, `nothing on its way kept: ${FOLDER}/top.jpg is not`],
    ],
  ])('%s', async (_what, lines, broken) => {
    const { before, log, from } = await journalFiles();
    const item = [open, line.writeAt(3, WAL, log, from), line.sync(3, WAL), line.answer('item')];
    const found = await brokenIn(before, [...lines, ...item], sent);
    expect(found.filter((sentence) => !sentence.includes('is OK without')).sort()).toEqual([...broken].sort());
  });

  it('that a saved result or the journal names is found missing', async () => {
    const { before, log } = await journalFiles();
    const wal = Buffer.concat([before.get('data/journal.db-wal') as Uint8Array, log]);
    const state = new Map<string, Uint8Array | 'folder'>([
      ...before,
      ['data/journal.db-wal', wal],
      [FOLDER, 'folder'],
      [`${FOLDER}/metadata.json`, Buffer.from(JSON.stringify(ITEM))],
      ['data/storage/line/other/metadata.json', Buffer.from('{"id": "oth')],
    ]);
    const claims = createClaims({ pictures: [PICTURE], sent: new Map(), folder: await temporaryFolder() });
    expect(claims(state, new Set()).map(({ sentence }) => sentence)).toEqual([
      'item item is OK without top.jpg',
      `${FOLDER}/metadata.json is there without top.jpg`,
      'data/storage/line/other/metadata.json is half',
    ]);
  });
});

it('a journal that cannot be read is found', async () => {
  const claims = createClaims({ pictures: [], sent: new Map(), folder: await temporaryFolder() });
  const state = new Map([
    ['data/journal.db', Buffer.from('this is no database, and longer than its header. '.repeat(9))],
  ]);
  expect(claims(state, new Set())).toEqual([
    { claim: 'the journal is sound', sentence: expect.stringContaining('not a database') },
  ]);
});

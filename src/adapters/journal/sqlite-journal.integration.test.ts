import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DESTINATIONS } from '../../domain/delivery.ts';
import type { Item } from '../../domain/item.ts';
import type { KeepClass } from '../../domain/keep-class.ts';
import { temporaryFolder } from '../../ports/context.test-support.ts';
import { journalContract } from '../../ports/journal.contract.ts';
import { exampleItem } from '../../ports/metadata-storage.contract.ts';
import { type OpenedJournal, openSqliteJournal } from './sqlite-journal.ts';

async function newFile(): Promise<string> {
  return join(await temporaryFolder(), 'data/journal.db');
}

/** Opens the journal of a file and closes it when the test ends. */
async function openAt(file: string, capacity: number | null = null): Promise<OpenedJournal> {
  const opened = await openSqliteJournal({ file, capacity });
  onTestFinished(opened.journal.close);
  return opened;
}

/** A file with this text, where the journal's should be. */
async function fileHolding(content: string | Uint8Array): Promise<string> {
  const file = await newFile();
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
  return file;
}

const unwritable = (id: string): Item => exampleItem(id, { received_at: 'no time at all' });

describe('sqlite journal', () => {
  journalContract(async () => {
    const file = await newFile();
    return async () => (await openSqliteJournal({ file, capacity: null, destinations: DESTINATIONS })).journal;
  });

  it('says whether it begins empty', async () => {
    const file = await newFile();
    const { journal, isEmpty, setAside } = await openAt(file);
    expect({ isEmpty, setAside }).toEqual({ isEmpty: true, setAside: null });
    await journal.record([exampleItem('item')]);
    await journal.close();
    expect(await openAt(file)).toMatchObject({ isEmpty: false, setAside: null });
  });

  it.each([
    ['text', 'this is no database, and longer than the header of one. '.repeat(40)],
    ['zeros with a wrong beginning', Buffer.alloc(8_192, 7)],
  ])('sets a file aside that holds %s, and begins a new one', async (_what, content) => {
    const file = await fileHolding(content);
    const { journal, isEmpty, setAside } = await openAt(file);
    expect(isEmpty).toBe(true);
    expect(setAside).toContain('not a database');
    const names = await readdir(join(file, '..'));
    const kept = names.find((name) => name.startsWith('journal.db.unreadable-'));
    expect(await readFile(join(file, '..', kept ?? 'none'))).toEqual(Buffer.from(content));
    await journal.record([exampleItem('item')]);
    expect(await journal.find('item')).toBeDefined();
  });

  it('sets a file aside whose pages are damaged', async () => {
    const file = await newFile();
    const { journal } = await openAt(file);
    await journal.record(Array.from({ length: 500 }, (_, index) => exampleItem(`item-${index}`)));
    await journal.close();
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(16_384, 0x5a), 0, 16_384, 100);
    await handle.close();
    const { isEmpty, setAside } = await openAt(file);
    expect({ isEmpty, isSetAside: setAside !== null }).toEqual({ isEmpty: true, isSetAside: true });
  });

  it('takes a file of the first version as it is, with every item in its class', async () => {
    const file = await newFile();
    const { journal } = await openAt(file);
    await journal.record([exampleItem('ok'), exampleItem('ko', { decision: 'KO' })]);
    await journal.close();
    const old = new DatabaseSync(file);
    old.exec(`DROP INDEX items_by_keep_class; ALTER TABLE items DROP COLUMN keep_class;
      ALTER TABLE items DROP COLUMN bytes; DROP TABLE deliveries; DROP TABLE recoveries; DROP TABLE removed;
      DROP TABLE tally; PRAGMA user_version = 1`);
    old.close();
    const { journal: migrated } = await openAt(file);
    expect(await migrated.find('ok')).toEqual(exampleItem('ok'));
    const classOf = async (keepClass: KeepClass): Promise<string[]> =>
      (await migrated.stored.removable(keepClass, Number.MAX_SAFE_INTEGER, 10)).map(({ id }) => id);
    expect([await classOf('OK'), await classOf('KO')]).toEqual([['ok'], ['ko']]);
    expect(await migrated.outbox.of('ok')).toEqual([]);
  });

  it('leaves a file alone that a newer version wrote, and says so', async () => {
    const file = await newFile();
    const { journal } = await openAt(file);
    await journal.close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const opening = openSqliteJournal({ file, capacity: null });
    await expect(opening).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(opening).rejects.toThrow('its schema is 99');
    expect((await readdir(join(file, '..'))).filter((name) => name.includes('unreadable'))).toEqual([]);
  });

  it('leaves a file alone that is locked, and says so', async () => {
    const file = await newFile();
    const { journal } = await openAt(file);
    await journal.record([exampleItem('item')]);
    await journal.close();
    const database = new DatabaseSync(file);
    onTestFinished(() => database.close());
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE other (id)');
    const opening = openSqliteJournal({ file, capacity: null });
    await expect(opening).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(opening).rejects.toThrow('locked');
    expect((await readdir(join(file, '..'))).filter((name) => name.includes('unreadable'))).toEqual([]);
  });

  it.each([
    ['a folder stands in its place', async (root: string) => mkdir(join(root, 'data/journal.db'), { recursive: true })],
    ['a file stands in the place of its folder', async (root: string) => writeFile(join(root, 'data'), 'a file')],
  ])('cannot be opened where %s, and never says where', async (_what, prepare) => {
    const root = await temporaryFolder();
    await prepare(root);
    const opening = openSqliteJournal({ file: join(root, 'data/journal.db'), capacity: null });
    await expect(opening).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringMatching(/^(?!.*edge-orchestrator-).*data\/journal\.db/),
    });
  });

  it('rejects a commit that fails, keeps nothing of it, and goes on', async () => {
    const { journal } = await openAt(await newFile());
    await journal.record([exampleItem('before')]);
    const failing = journal.record([exampleItem('first'), unwritable('second'), exampleItem('third')]);
    await expect(failing).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await journal.find('first')).toBeUndefined();
    await journal.record([exampleItem('after')]);
    expect((await journal.list({ limit: 10 })).items.map(({ id }) => id)).toEqual(['after', 'before']);
  });

  it('keeps no more than its capacity, the newest', async () => {
    const { journal } = await openAt(':memory:', 3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) await journal.record([exampleItem(id)]);
    await journal.record([exampleItem('c', { decision: 'KO' })]);
    expect((await journal.list({ limit: 10 })).items.map(({ id }) => id)).toEqual(['e', 'd', 'c']);
    expect(await journal.find('a')).toBeUndefined();
  });

  it('shares one commit among the writes that are asked for together', async () => {
    const file = await newFile();
    const { journal } = await openAt(file);
    const walSize = async (): Promise<number> => (await readFile(`${file}-wal`)).length;
    await journal.record([exampleItem('one')]);
    const before = await walSize();
    for (let index = 0; index < 20; index += 1) await journal.record([exampleItem(`alone-${index}`)]);
    const alone = (await walSize()) - before;
    // the file is locked for as long as they are asked for, so that they are all there when it is free
    const database = new DatabaseSync(file);
    database.exec('BEGIN IMMEDIATE');
    const together = Array.from({ length: 20 }, (_, index) => journal.record([exampleItem(`together-${index}`)]));
    database.exec('ROLLBACK');
    database.close();
    await Promise.all(together);
    expect((await walSize()) - before - alone).toBeLessThan(alone / 2);
  });
});

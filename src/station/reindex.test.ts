import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { filesystemMetadataStorage } from '../adapters/metadata-storages/filesystem-metadata-storage.ts';
import { lockRoot } from '../disk/lock-file.ts';
import { silentLog, testContext } from '../ports/context.test-support.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import { readSettings } from '../settings.ts';
import { type ReindexOptions, reindex } from './reindex.ts';
import { journalFile, lockFile } from './root-files.ts';

const never = new AbortController().signal;
const INVENTORY = { cameras: [], models: {}, camera_rules: [], item_rules: [] };

/** A root with this many items, and a journal that knows only another one. */
async function rootWith(count: number, edge: object = {}): Promise<ReindexOptions> {
  const context = await testContext();
  await mkdir(join(context.root, 'config/station_configs'), { recursive: true });
  await writeFile(join(context.root, 'config/inventory.json'), JSON.stringify(INVENTORY));
  await writeFile(join(context.root, 'config/edge.json'), JSON.stringify(edge));
  const storage = await filesystemMetadataStorage.open({}, context);
  const items = Array.from({ length: count }, (_, index) => exampleItem(`item-${index}`));
  await Promise.all(items.map((item) => storage.put(item, never)));
  await storage.close();
  const { journal } = await openSqliteJournal({ file: journalFile(context.root), capacity: null });
  await journal.record([exampleItem('stranger')]);
  await journal.remember('active_config', 'line');
  await journal.close();
  return { root: context.root, settings: readSettings({}), log: silentLog, signal: never, onProgress() {} };
}

async function indexed({ root }: ReindexOptions) {
  const { journal } = await openSqliteJournal({ file: journalFile(root), capacity: null });
  const { items } = await journal.list({ limit: 1_000 });
  const activeConfig = await journal.recall('active_config');
  await journal.close();
  return { ids: items.map(({ id }) => id).sort(), activeConfig };
}

describe('a journal that is written anew', () => {
  it('has exactly the stored items, and still knows the active config', async () => {
    const heard: number[] = [];
    const options = { ...(await rootWith(700)), onProgress: (items: number) => heard.push(items) };
    expect(await reindex(options)).toEqual({ items: 700, unreadable: 0 });
    const ids = Array.from({ length: 700 }, (_, index) => `item-${index}`).sort();
    expect(await indexed(options)).toEqual({ ids, activeConfig: 'line' });
    expect(heard).toEqual([500, 700]);
  });

  it('keeps what a killed station left unfinished, since no storage may know of it yet', async () => {
    const options = await rootWith(1);
    const { journal } = await openSqliteJournal({ file: journalFile(options.root), capacity: null });
    await journal.record([
      exampleItem('accepted', { state: 'Capture', decision: null }),
      exampleItem('item-0', { state: 'Inference', decision: null }),
    ]);
    await journal.close();
    await reindex(options);
    expect((await indexed(options)).ids).toEqual(['accepted', 'item-0']);
    const after = await openSqliteJournal({ file: journalFile(options.root), capacity: null });
    expect((await after.journal.unfinished()).map(({ id }) => id)).toEqual(['accepted']);
    await after.journal.close();
  });

  it('counts the records that cannot be read and leaves them out', async () => {
    const options = await rootWith(2);
    await writeFile(join(options.root, 'data/storage/line/item-0/metadata.json'), '{"id":');
    expect(await reindex(options)).toEqual({ items: 1, unreadable: 1 });
    expect((await indexed(options)).ids).toEqual(['item-1']);
  });

  it('takes the place of one that cannot be read', async () => {
    const options = await rootWith(1);
    await writeFile(journalFile(options.root), 'no journal at all '.repeat(100));
    await reindex(options);
    expect((await indexed(options)).ids).toEqual(['item-0']);
  });

  it('leaves the old one when it is given up, and nothing beside it', async () => {
    const options = { ...(await rootWith(3)), signal: AbortSignal.abort(new Error('it was interrupted')) };
    await expect(reindex(options)).rejects.toThrow('it was interrupted');
    expect((await indexed(options)).ids).toEqual(['stranger']);
    expect((await readdir(join(options.root, 'data'))).filter((name) => name.includes('.new'))).toEqual([]);
  });

  it('is refused while another process has the root and cannot be asked to do it', async () => {
    const options = await rootWith(1);
    const unlock = lockRoot(lockFile(options.root));
    await expect(reindex(options)).rejects.toMatchObject({ code: 'ADDRESS_UNAVAILABLE' });
    unlock();
    await reindex(options);
  });

  it('is refused where no item is kept over a restart', async () => {
    const options = await rootWith(1, { metadata_storage: { type: 'memory' } });
    await expect(reindex(options)).rejects.toThrow('keeps nothing over a restart');
    const database = new DatabaseSync(journalFile(options.root), { readOnly: true });
    expect(database.prepare('SELECT id FROM items').all()).toEqual([expect.objectContaining({ id: 'stranger' })]);
    database.close();
  });
});

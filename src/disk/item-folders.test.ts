import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { type ItemFolder, type ItemFolders, openItemFolders } from './item-folders.ts';

const never = new AbortController().signal;
const BYTES = Buffer.from('bytes');

async function listed(folders: ItemFolders): Promise<string[]> {
  const found: ItemFolder[] = [];
  for await (const folder of folders.iterate(never)) found.push(folder);
  return found.map(({ config, itemId, names }) => `${config}/${itemId}: ${names.toSorted().join(' ')}`).sort();
}

describe('the folders of items', () => {
  it('are none in a root that never had an item', async () => {
    expect(await listed(await openItemFolders(await temporaryFolder()))).toEqual([]);
  });

  it('hold what was written, by config and item', async () => {
    const folders = await openItemFolders(await temporaryFolder());
    await folders.write('line', 'item-1', 'front.jpg', BYTES, never);
    await folders.write('line', 'item-1', 'metadata.json', BYTES, never);
    await folders.write('other', 'item-2', 'front.jpg', BYTES, never);
    expect(await listed(folders)).toEqual(['line/item-1: front.jpg metadata.json', 'other/item-2: front.jpg']);
    expect(Buffer.from((await folders.read('line', 'item-1', 'front.jpg', never)) ?? [])).toEqual(BYTES);
  });

  it('are found whatever else lies beside them', async () => {
    const root = await temporaryFolder();
    const folders = await openItemFolders(root);
    await folders.write('line', 'item-1', 'front.jpg', BYTES, never);
    const base = join(root, 'data/storage');
    await writeFile(join(base, 'README'), 'a file between the configs');
    await writeFile(join(base, 'line/notes.txt'), 'a file between the items');
    await mkdir(join(base, 'not an id/item'), { recursive: true });
    await writeFile(join(base, 'line/item-1/.hidden'), 'no stored name');
    expect(await listed(folders)).toEqual(['line/item-1: front.jpg']);
  });

  it('are gone with their last file', async () => {
    const root = await temporaryFolder();
    const folders = await openItemFolders(root);
    await folders.write('line', 'item-1', 'front.jpg', BYTES, never);
    await folders.write('line', 'item-1', 'back.jpg', BYTES, never);
    await folders.remove('line', 'item-1', 'front.jpg', never);
    expect(await readdir(join(root, 'data/storage/line/item-1'))).toEqual(['back.jpg']);
    await folders.remove('line', 'item-1', 'back.jpg', never);
    expect(await readdir(join(root, 'data/storage/line'))).toEqual([]);
  });

  it('may leave while they are listed', async () => {
    const folders = await openItemFolders(await temporaryFolder());
    const ids = Array.from({ length: 50 }, (_, index) => `item-${index}`);
    await Promise.all(ids.map((id) => folders.write('line', id, 'front.jpg', BYTES, never)));
    const seen: string[] = [];
    for await (const { itemId } of folders.iterate(never)) {
      seen.push(itemId);
      if (seen.length > 1) continue;
      await Promise.all(ids.map((id) => folders.remove('line', id, 'front.jpg', never)));
    }
    expect(seen.length).toBeGreaterThan(0);
    expect(await listed(folders)).toEqual([]);
  });

  it.each([
    ['..', 'item', 'front.jpg'],
    ['line', '..', 'front.jpg'],
    ['line', '.', 'front.jpg'],
    ['line', 'item', '..'],
    ['line', 'item/..', 'front.jpg'],
    ['line', 'item', '../../secret'],
    ['line', '%2e%2e', 'front.jpg'],
    ['line', 'item', 'a\\b.jpg'],
    ['line', 'item', 'front\0.jpg'],
    ['', '', ''],
    ['line', 'item', '.hidden'],
  ])('never let a name out of them: %j %j %j', async (config, itemId, name) => {
    const root = await temporaryFolder();
    const folders = await openItemFolders(root);
    await expect(folders.write(config, itemId, name, BYTES, never)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await folders.read(config, itemId, name, never)).toBeUndefined();
    await folders.remove(config, itemId, name, never);
    expect(await readdir(root)).toEqual([]);
  });

  it('say what could not be read, and never where', async () => {
    const root = await temporaryFolder();
    const folders = await openItemFolders(root);
    await mkdir(join(root, 'data/storage/line/item/front.jpg'), { recursive: true });
    const reading = folders.read('line', 'item', 'front.jpg', never);
    await expect(reading).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: 'front.jpg could not be read from data/storage: a folder stands where a file should be',
    });
  });

  it('stop when they are told to', async () => {
    const folders = await openItemFolders(await temporaryFolder());
    await folders.write('line', 'item', 'front.jpg', BYTES, never);
    const aborted = AbortSignal.abort();
    await expect(folders.read('line', 'item', 'front.jpg', aborted)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(folders.remove('line', 'item', 'front.jpg', aborted)).rejects.toThrow();
    await expect(folders.check(aborted)).rejects.toThrow();
    expect(await listed(folders)).toEqual(['line/item: front.jpg']);
  });
});

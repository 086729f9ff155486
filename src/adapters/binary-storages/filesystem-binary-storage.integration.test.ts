import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillItemFolders } from '../../disk/item-folders.test-support.ts';
import { binaryStorageContract } from '../../ports/binary-storage.contract.ts';
import { temporaryFolder, testContext } from '../../ports/context.test-support.ts';
import { HOSTILE_IDS } from '../../ports/hostile-ids.test-support.ts';
import { filesystemBinaryStorage } from './filesystem-binary-storage.ts';

const never = new AbortController().signal;

describe('filesystem binary storage', () => {
  binaryStorageContract(async () => filesystemBinaryStorage.open({}, await testContext()), {
    async openHolding(keys) {
      const context = await testContext();
      fillItemFolders(context.root, keys);
      return filesystemBinaryStorage.open({}, context);
    },
  });

  it.each([
    ['config', (id: string) => ({ config: id, itemId: 'item-1', name: 'front.jpg' })],
    ['item id', (id: string) => ({ config: 'line', itemId: id, name: 'front.jpg' })],
    ['name', (id: string) => ({ config: 'line', itemId: 'item-1', name: id })],
  ])('neither writes nor deletes a file outside of its folder, whatever the %s', async (_part, keyWith) => {
    const context = await testContext({ root: join(await temporaryFolder(), 'station', 'root') });
    // where the config "../x" would lead
    const beside = join(context.root, 'data/x/item-1');
    await mkdir(beside, { recursive: true });
    await writeFile(join(beside, 'front.jpg'), 'of someone else');
    const outside = async (): Promise<string[]> => {
      const paths = await readdir(join(context.root, '../..'), { recursive: true });
      return paths.filter((path) => !path.startsWith('station/root/data/storage')).sort();
    };
    const before = await outside();
    const storage = await filesystemBinaryStorage.open({}, context);
    for (const key of HOSTILE_IDS.map(keyWith)) await storage.put(key, Buffer.from('x'), never).catch(() => 'refused');
    expect(await outside()).toEqual(before);
    expect(await readFile(join(beside, 'front.jpg'), 'utf8')).toBe('of someone else');
    for (const key of HOSTILE_IDS.map(keyWith)) await storage.delete(key, never);
    expect(await outside()).toEqual(before);
  });

  it('writes each picture to data/storage/<config>/<item id>/<camera id>.<ending> and leaves nothing else', async () => {
    const context = await testContext();
    const storage = await filesystemBinaryStorage.open({}, context);
    await storage.put({ config: 'line', itemId: 'item-1', name: 'front.jpg' }, Buffer.from('picture'), never);
    const folder = join(context.root, 'data/storage/line/item-1');
    expect(await readFile(join(folder, 'front.jpg'), 'utf8')).toBe('picture');
    expect(await readdir(folder)).toEqual(['front.jpg']);
  });

  it('does not list the metadata that lies beside the pictures', async () => {
    const context = await testContext();
    const storage = await filesystemBinaryStorage.open({}, context);
    await storage.put({ config: 'line', itemId: 'item-1', name: 'front.jpg' }, Buffer.from('picture'), never);
    await writeFile(join(context.root, 'data/storage/line/item-1/metadata.json'), '{}');
    const names: string[] = [];
    for await (const { name } of storage.iterate(never)) names.push(name);
    expect(names).toEqual(['front.jpg']);
  });

  it('throws away half-written files of an earlier process', async () => {
    const context = await testContext();
    const scratch = join(context.root, 'data/storage/.half-written');
    await mkdir(scratch, { recursive: true });
    await writeFile(join(scratch, '99-1'), 'half');
    const storage = await filesystemBinaryStorage.open({}, context);
    await storage.put({ config: 'line', itemId: 'item-1', name: 'front.jpg' }, Buffer.from('picture'), never);
    expect(await readdir(scratch)).toEqual([]);
  });

  it('says in words why a picture cannot be written, and opens all the same', async () => {
    const context = await testContext();
    await mkdir(join(context.root, 'data'));
    await writeFile(join(context.root, 'data/storage'), 'a file where the folder should be');
    const storage = await filesystemBinaryStorage.open({}, context);
    const writing = storage.put({ config: 'line', itemId: 'item-1', name: 'front.jpg' }, Buffer.from('x'), never);
    await expect(writing).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(writing).rejects.toThrow('front.jpg could not be written to data/storage');
    await expect(storage.check(never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });
});

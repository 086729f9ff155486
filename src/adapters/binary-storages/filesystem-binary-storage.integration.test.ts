import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { binaryStorageContract } from '../../ports/binary-storage.contract.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { filesystemBinaryStorage } from './filesystem-binary-storage.ts';

const never = new AbortController().signal;

describe('filesystem binary storage', () => {
  binaryStorageContract(async () => filesystemBinaryStorage.open({}, await testContext()));

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

  it.each([
    ['..', 'item-1', 'front.jpg'],
    ['line', '../../config', 'edge.json'],
    ['line', 'item-1', '../secret'],
    ['line', 'item-1', 'a/b.jpg'],
    ['', 'item-1', 'front.jpg'],
    ['line', 'item\0', 'front.jpg'],
  ])('never leaves its folder: config %j, item %j, name %j', async (config, itemId, name) => {
    const storage = await filesystemBinaryStorage.open({}, await testContext());
    await expect(storage.put({ config, itemId, name }, Buffer.from('x'), never)).rejects.toThrow('never stored');
    expect(await storage.get({ config, itemId, name }, never)).toBeUndefined();
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

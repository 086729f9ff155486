import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openS3Bucket, S3BucketOptions } from '../../buckets/s3-bucket.ts';
import { type S3Server, startS3Server } from '../../buckets/s3-server.test-support.ts';
import { rootless } from '../../ports/context.test-support.ts';
import { exampleItem, metadataStorageContract } from '../../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../../ports/metadata-storage.ts';
import { s3BucketMetadataStorage } from './s3-bucket-metadata-storage.ts';

const never = new AbortController().signal;
const env = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
const keyOf = (itemId: string) => ({ config: 'line', itemId });

async function itemsIn(storage: MetadataStorage): Promise<string[]> {
  const items: string[] = [];
  for await (const { config, itemId } of storage.iterate(never)) items.push(`${config}/${itemId}`);
  return items.sort();
}

describe('S3 bucket as a metadata storage', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(async () => {
    await server.close();
  });

  const optionsFor = (bucket: string): S3BucketOptions => S3BucketOptions.parse({ bucket, endpoint: server.endpoint });
  const openIn = async (bucket: string, edgeName = 'edge-1'): Promise<MetadataStorage> => {
    const storage = await s3BucketMetadataStorage.open(optionsFor(bucket), { ...rootless, env, edgeName });
    onTestFinished(() => storage.close());
    return storage;
  };
  /** The bytes of an object, read past the storage. */
  const bytesIn = async (bucket: string, name: string): Promise<Buffer> => {
    const reader = await openS3Bucket(optionsFor(bucket), { ...rootless, env });
    onTestFinished(() => reader.close());
    return Buffer.from((await reader.get(name, never)) ?? []);
  };

  metadataStorageContract(async () => openIn(await server.createBucket()));

  it('lives elsewhere and keeps all items', async () => {
    expect(s3BucketMetadataStorage.remote).toBe(true);
    expect((await openIn('any-bucket')).capacity).toBeNull();
  });

  it('writes the item as JSON that people can read to <station>/<config>/<item id>/metadata.json', async () => {
    const bucket = await server.createBucket();
    await (await openIn(bucket)).put(exampleItem('item-1'), never);
    const text = (await bytesIn(bucket, 'edge-1/line/item-1/metadata.json')).toString();
    expect(JSON.parse(text)).toEqual(exampleItem('item-1'));
    expect(text).toContain('\n  "decision": "OK"');
    expect(await server.mediaTypeOf(bucket, 'edge-1/line/item-1/metadata.json')).toBe('application/json');
  });

  it('says which record is damaged', async () => {
    const bucket = await server.createBucket();
    await server.fill(bucket, ['edge-1/line/item-1/metadata.json']);
    const reading = (await openIn(bucket)).get(keyOf('item-1'), never);
    await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(reading).rejects.toThrow('metadata.json of item item-1 is not an item');
  });

  it('fails while the store is away, and works once it is back', async () => {
    const storage = await openIn(await server.createBucket());
    await server.goAway();
    await expect(storage.put(exampleItem('a'), never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(storage.get(keyOf('a'), never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(itemsIn(storage)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await server.comeBack();
    await storage.put(exampleItem('a'), never);
    expect(await itemsIn(storage)).toEqual(['line/a']);
  });

  it('keeps two stations in one bucket apart', async () => {
    const bucket = await server.createBucket();
    const [first, second] = [await openIn(bucket, 'edge-1'), await openIn(bucket, 'edge-10')];
    await first.put(exampleItem('a'), never);
    await second.put(exampleItem('b'), never);
    expect(await itemsIn(first)).toEqual(['line/a']);
    expect(await itemsIn(second)).toEqual(['line/b']);
    expect(await second.get(keyOf('a'), never)).toBeUndefined();
  });

  it('lists more items than one answer holds, and nothing but items', async () => {
    const bucket = await server.createBucket();
    const items = Array.from({ length: 2500 }, (_, index) => `line/item-${index}`);
    await server.fill(bucket, [
      ...items.flatMap((item) => [`edge-1/${item}/metadata.json`, `edge-1/${item}/front.jpg`]),
      'edge-1/metadata.json',
      'edge-1/line/metadata.json',
      'edge-1/line/部品/metadata.json',
      'edge-1/line/item-1/deeper/metadata.json',
    ]);
    expect(await itemsIn(await openIn(bucket))).toEqual(items.sort());
  });

  it.each(['..', '../other', 'a/b', '部品', 'item\n', ''])('never stores an item with the id %j', async (id) => {
    const storage = await openIn(await server.createBucket());
    await expect(storage.put(exampleItem(id), never)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await storage.get(keyOf(id), never)).toBeUndefined();
    await expect(storage.delete(keyOf(id), never)).resolves.toBeUndefined();
  });
});

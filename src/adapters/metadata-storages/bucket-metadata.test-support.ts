import { describe, expect, it } from 'vitest';
import { bucketHolding, type StoreServer } from '../../buckets/store-server.test-support.ts';
import { METADATA_FILE } from '../../disk/item-folders.ts';
import { exampleItem } from '../../ports/metadata-storage.contract.ts';
import type { MetadataKey, MetadataStorage } from '../../ports/metadata-storage.ts';

const never = new AbortController().signal;
const keyOf = (itemId: string) => ({ config: 'line', itemId });

async function itemsIn(storage: MetadataStorage): Promise<string[]> {
  const items: string[] = [];
  for await (const { config, itemId } of storage.iterate(never)) items.push(`${config}/${itemId}`);
  return items.sort();
}

/** How the contract comes by a bucket with a record under each key: they are put there past the storage. */
export function recordsInBucket(
  storeServer: () => StoreServer,
  openIn: (bucket: string) => Promise<MetadataStorage>,
): (keys: readonly MetadataKey[]) => Promise<MetadataStorage> {
  return async (keys) => {
    const files = keys.map((key) => ({ ...key, name: METADATA_FILE }));
    return await openIn(await bucketHolding(storeServer(), files));
  };
}

/**
 * What the records of stations in a bucket promise, whichever store that is. `openIn` closes when the test ends; `bytesIn`
 * reads an object past the storage.
 */
export function metadataInBucketTests(
  storeServer: () => StoreServer,
  openIn: (bucket: string, edgeName?: string) => Promise<MetadataStorage>,
  bytesIn: (bucket: string, name: string) => Promise<Buffer>,
): void {
  describe('in a bucket', () => {
    it('writes the item as JSON that people can read to <station>/<config>/<item id>/metadata.json', async () => {
      const bucket = await storeServer().createBucket();
      await (await openIn(bucket)).put(exampleItem('item-1'), never);
      const text = (await bytesIn(bucket, 'edge-1/line/item-1/metadata.json')).toString();
      expect(JSON.parse(text)).toEqual(exampleItem('item-1'));
      expect(text).toContain('\n  "decision": "OK"');
      expect(await storeServer().mediaTypeOf(bucket, 'edge-1/line/item-1/metadata.json')).toBe('application/json');
    });

    it('says which record is damaged', async () => {
      const bucket = await storeServer().createBucket();
      await storeServer().fill(bucket, ['edge-1/line/item-1/metadata.json']);
      const reading = (await openIn(bucket)).get(keyOf('item-1'), never);
      await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(reading).rejects.toThrow('metadata.json of item item-1 is not an item');
    });

    it('fails while the store is away, and works once it is back', async () => {
      const storage = await openIn(await storeServer().createBucket());
      await storeServer().goAway();
      await expect(storage.put(exampleItem('a'), never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(storage.get(keyOf('a'), never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(itemsIn(storage)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await storeServer().comeBack();
      await storage.put(exampleItem('a'), never);
      expect(await itemsIn(storage)).toEqual(['line/a']);
    });

    it('keeps two stations in one bucket apart', async () => {
      const bucket = await storeServer().createBucket();
      const [first, second] = [await openIn(bucket, 'edge-1'), await openIn(bucket, 'edge-10')];
      await first.put(exampleItem('a'), never);
      await second.put(exampleItem('b'), never);
      expect(await itemsIn(first)).toEqual(['line/a']);
      expect(await itemsIn(second)).toEqual(['line/b']);
      expect(await second.get(keyOf('a'), never)).toBeUndefined();
    });

    it('lists records, and nothing else that lies in the bucket', async () => {
      const bucket = await storeServer().createBucket();
      await storeServer().fill(bucket, [
        'edge-1/line/item-1/metadata.json',
        'edge-1/line/item-1/front.jpg',
        'edge-1/line/item-2/front.jpg',
        'edge-1/metadata.json',
        'edge-1/line/metadata.json',
        'edge-1/line/部品/metadata.json',
        'edge-1/line/item-1/deeper/metadata.json',
      ]);
      expect(await itemsIn(await openIn(bucket))).toEqual(['line/item-1']);
    });
  });
}

import { describe, expect, it } from 'vitest';
import type { StoreServer } from '../../buckets/store-server.test-support.ts';
import type { BinaryStorage } from '../../ports/binary-storage.ts';

const never = new AbortController().signal;
const keyOf = (itemId: string, name = 'front.jpg') => ({ config: 'line', itemId, name });

async function namesIn(storage: BinaryStorage): Promise<string[]> {
  const names: string[] = [];
  for await (const { config, itemId, name } of storage.iterate(never)) names.push(`${config}/${itemId}/${name}`);
  return names.sort();
}

/** What the pictures of stations in a bucket promise, whichever store that is. `openIn` closes when the test ends. */
export function binariesInBucketTests(
  storeServer: () => StoreServer,
  openIn: (bucket: string, edgeName?: string) => Promise<BinaryStorage>,
): void {
  describe('in a bucket', () => {
    it.each([
      ['camera_id3.jpg', 'image/jpeg'],
      ['camera_id3.png', 'image/png'],
      ['camera_id3.bin', 'application/octet-stream'],
    ])('names %s after station, config, item and camera, with its media type', async (name, mediaType) => {
      const bucket = await storeServer().createBucket();
      await (await openIn(bucket)).put(keyOf('03a7adc7-59d5-4190-8160-4a71fd07cac5', name), Buffer.from('x'), never);
      const objectName = `edge-1/line/03a7adc7-59d5-4190-8160-4a71fd07cac5/${name}`;
      expect(await storeServer().mediaTypeOf(bucket, objectName)).toBe(mediaType);
    });

    it('fails while the store is away, works once it is back, and opens in between', async () => {
      const bucket = await storeServer().createBucket();
      const before = await openIn(bucket);
      await storeServer().goAway();
      const opened = await openIn(bucket);
      await expect(before.put(keyOf('a'), Buffer.from('x'), never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(opened.put(keyOf('a'), Buffer.from('x'), never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(opened.check(never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await storeServer().comeBack();
      await before.put(keyOf('a'), Buffer.from('x'), never);
      expect(await opened.get(keyOf('a'), never)).toHaveLength(1);
    });

    it('keeps two stations in one bucket apart', async () => {
      const bucket = await storeServer().createBucket();
      const [first, second] = [await openIn(bucket, 'edge-1'), await openIn(bucket, 'edge-10')];
      await first.put(keyOf('a'), Buffer.from('of the first'), never);
      await second.put(keyOf('b'), Buffer.from('of the second'), never);
      expect(await namesIn(first)).toEqual(['line/a/front.jpg']);
      expect(await namesIn(second)).toEqual(['line/b/front.jpg']);
      expect(await second.get(keyOf('a'), never)).toBeUndefined();
      await second.delete(keyOf('a'), never);
      expect(await first.get(keyOf('a'), never)).toBeDefined();
    });

    it('lists pictures, and nothing else that lies in the bucket', async () => {
      const bucket = await storeServer().createBucket();
      await storeServer().fill(bucket, [
        'edge-1/line/item-1/front.jpg',
        'edge-1/line/item-1/metadata.json',
        'edge-1/line/item-1/部品.jpg',
        'edge-1/line/item-1/deeper/front.jpg',
        'edge-1/../item-1/front.jpg',
        'edge-1/readme.txt',
        'edge-1/',
      ]);
      expect(await namesIn(await openIn(bucket))).toEqual(['line/item-1/front.jpg']);
    });
  });
}

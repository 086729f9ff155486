import { afterEach, describe, expect, it } from 'vitest';
import type { Bucket } from './bucket.ts';

/** A new, empty bucket of a real store. */
export interface BucketUnderTest {
  readonly bucket: Bucket;
  /** Puts objects there as anyone else would. */
  fill(names: readonly string[]): Promise<void>;
}

const never = new AbortController().signal;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** More than one page of a list; the contracts of the storages list 5,000. */
const MANY = 1200;

/** What every object store promises beyond what the contracts of the storages ask of it. */
export function bucketContract(open: () => Promise<BucketUnderTest>): void {
  describe('as a bucket', () => {
    const opened: Bucket[] = [];
    const openOne = async (): Promise<BucketUnderTest> => {
      const one = await open();
      opened.push(one.bucket);
      return one;
    };
    const listed = async (bucket: Bucket, prefix: string): Promise<string[]> => {
      const names: string[] = [];
      for await (const { name } of bucket.iterate(prefix, never)) names.push(name);
      return names.sort();
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bucket) => bucket.close()));
    });

    it(`lists ${MANY} objects, each once`, async () => {
      const { bucket, fill } = await openOne();
      const names = Array.from({ length: MANY }, (_, index) => `edge-1/line/item-${index}/front.jpg`);
      await fill(names);
      expect(await listed(bucket, 'edge-1/')).toEqual(names.sort());
    });

    it('lists only what begins with the prefix, strange names as they are', async () => {
      const { bucket, fill } = await openOne();
      await fill(['edge-1/a', 'edge-1/ü + 100%/部品.jpg', 'edge-1/a b/<&>', 'edge-10/a', 'edge/a', 'a']);
      expect(await listed(bucket, 'edge-1/')).toEqual(
        ['edge-1/a', 'edge-1/ü + 100%/部品.jpg', 'edge-1/a b/<&>'].sort(),
      );
      expect(await listed(bucket, 'nothing/')).toEqual([]);
    });

    it('cancels a put that runs', async () => {
      const { bucket } = await openOne();
      const controller = new AbortController();
      const writing = bucket.put('a', Buffer.alloc(32 * 1024 * 1024), 'image/jpeg', controller.signal);
      setImmediate(() => controller.abort());
      await expect(writing).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(writing).rejects.toThrow('was cancelled');
    });

    it('asks nothing when the signal is already aborted', async () => {
      const { bucket } = await openOne();
      const aborted = AbortSignal.abort();
      await expect(bucket.put('a', bytesOf('x'), 'image/jpeg', aborted)).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(bucket.get('a', aborted)).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(bucket.delete('a', aborted)).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(bucket.check(aborted)).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(bucket.iterate('', aborted)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: 'ABORTED',
      });
      expect(await listed(bucket, '')).toEqual([]);
    });

    it('ends what runs when it is closed, and takes nothing more', async () => {
      const { bucket } = await openOne();
      const writing = bucket.put('a', Buffer.alloc(32 * 1024 * 1024), 'image/jpeg', never);
      const ended = expect(writing).rejects.toMatchObject({ code: 'ABORTED' });
      await new Promise((resolve) => setImmediate(resolve));
      await bucket.close();
      await bucket.close();
      await ended;
      await expect(bucket.get('a', never)).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });
}

import { afterEach, describe, expect, it } from 'vitest';
import type { BinaryKey, BinaryStorage } from './binary-storage.ts';

const never = new AbortController().signal;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyOf = (itemId: string, name = 'front.jpg'): BinaryKey => ({ config: 'line', itemId, name });

/** What every binary storage promises. `open` gives a new, empty one. */
export function binaryStorageContract(open: () => Promise<BinaryStorage>): void {
  describe('as a binary storage', () => {
    const opened: BinaryStorage[] = [];
    const openOne = async (): Promise<BinaryStorage> => {
      const storage = await open();
      opened.push(storage);
      return storage;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((storage) => storage.close()));
    });

    it('gives back the bytes it was given', async () => {
      const storage = await openOne();
      await storage.put(keyOf('item-1'), bytesOf('picture'), never);
      expect(Buffer.from((await storage.get(keyOf('item-1'), never)) ?? [])).toEqual(Buffer.from('picture'));
    });

    it('has nothing under a key that was never written', async () => {
      const storage = await openOne();
      expect(await storage.get(keyOf('unknown'), never)).toBeUndefined();
    });

    it('replaces what stood under the key', async () => {
      const storage = await openOne();
      await storage.put(keyOf('item-1'), bytesOf('a longer first picture'), never);
      await storage.put(keyOf('item-1'), bytesOf('second'), never);
      expect(Buffer.from((await storage.get(keyOf('item-1'), never)) ?? []).toString()).toBe('second');
    });

    it('keeps the pictures of one item apart', async () => {
      const storage = await openOne();
      await storage.put(keyOf('item-1', 'front.jpg'), bytesOf('front'), never);
      await storage.put(keyOf('item-1', 'back.png'), bytesOf('back'), never);
      expect(Buffer.from((await storage.get(keyOf('item-1', 'back.png'), never)) ?? []).toString()).toBe('back');
      await storage.delete(keyOf('item-1', 'back.png'), never);
      expect(Buffer.from((await storage.get(keyOf('item-1', 'front.jpg'), never)) ?? []).toString()).toBe('front');
    });

    it('forgets what is deleted, and deletes what is not there without complaint', async () => {
      const storage = await openOne();
      await storage.put(keyOf('item-1'), bytesOf('picture'), never);
      await storage.delete(keyOf('item-1'), never);
      await storage.delete(keyOf('item-1'), never);
      expect(await storage.get(keyOf('item-1'), never)).toBeUndefined();
    });

    it('keeps a picture of 20 MB and one of 0 bytes', async () => {
      const storage = await openOne();
      const large = Buffer.alloc(20 * 1024 * 1024, 'x');
      await storage.put(keyOf('large'), large, never);
      await storage.put(keyOf('empty', 'front.bin'), new Uint8Array(0), never);
      expect(Buffer.from((await storage.get(keyOf('large'), never)) ?? []).equals(large)).toBe(true);
      expect(await storage.get(keyOf('empty', 'front.bin'), never)).toHaveLength(0);
    });

    it('serves 50 writers at once and lists every key once', async () => {
      const storage = await openOne();
      const ids = Array.from({ length: 50 }, (_, index) => `item-${index}`);
      await Promise.all(ids.map((id) => storage.put(keyOf(id), bytesOf(id), never)));
      const listed: string[] = [];
      for await (const key of storage.iterate(never)) listed.push(`${key.config}/${key.itemId}/${key.name}`);
      expect(listed.sort()).toEqual(ids.map((id) => `line/${id}/front.jpg`).sort());
      expect(Buffer.from((await storage.get(keyOf('item-17'), never)) ?? []).toString()).toBe('item-17');
    });

    it('lists the pictures of one item with their sizes, and none of an item that it does not know', async () => {
      const storage = await openOne();
      await storage.put(keyOf('item-1', 'front.jpg'), bytesOf('front'), never);
      await storage.put(keyOf('item-1', 'back.png'), bytesOf('the back'), never);
      await storage.put(keyOf('item-10', 'front.jpg'), bytesOf('another'), never);
      const listed = await storage.list('line', 'item-1', never);
      expect([...listed].sort((one, other) => one.bytes - other.bytes)).toEqual([
        { name: 'front.jpg', bytes: 5 },
        { name: 'back.png', bytes: 8 },
      ]);
      for (const itemId of ['unknown', '..', '']) expect(await storage.list('line', itemId, never)).toEqual([]);
    });

    it('writes nothing when the signal is already aborted', async () => {
      const storage = await openOne();
      await expect(storage.put(keyOf('item-1'), bytesOf('x'), AbortSignal.abort())).rejects.toThrow();
      expect(await storage.get(keyOf('item-1'), never)).toBeUndefined();
    });

    it('has the old picture or the new one, and never a part, after the put that replaces it was aborted', async () => {
      const storage = await openOne();
      const pictures = [Buffer.alloc(4 * 1024 * 1024, 'a'), Buffer.alloc(4 * 1024 * 1024, 'b')] as const;
      await storage.put(keyOf('item-1'), pictures[0], never);
      const controller = new AbortController();
      const writing = storage.put(keyOf('item-1'), pictures[1], controller.signal).catch(() => 'rejected');
      setImmediate(() => controller.abort());
      const outcome = await writing;
      const stored = Buffer.from((await storage.get(keyOf('item-1'), never)) ?? []);
      expect(pictures.some((picture) => picture.equals(stored))).toBe(true);
      if (outcome !== 'rejected') expect(stored.equals(pictures[1])).toBe(true);
    });

    it('reads nothing when the signal is already aborted', async () => {
      const storage = await openOne();
      await storage.put(keyOf('item-1'), bytesOf('picture'), never);
      await expect(storage.get(keyOf('item-1'), AbortSignal.abort())).rejects.toThrow();
    });

    it('says that it can be written', async () => {
      const storage = await openOne();
      await expect(storage.check(never)).resolves.toBeUndefined();
      for await (const key of storage.iterate(never)) expect.unreachable(`the check left ${key.name} behind`);
    });

    it('closes twice without complaint', async () => {
      const storage = await openOne();
      await storage.close();
      await expect(storage.close()).resolves.toBeUndefined();
    });
  });
}

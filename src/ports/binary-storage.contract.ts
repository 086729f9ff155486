import { afterEach, describe, expect, it } from 'vitest';
import type { BinaryKey, BinaryStorage } from './binary-storage.ts';
import { HOSTILE_IDS } from './hostile-ids.test-support.ts';

const never = new AbortController().signal;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyOf = (itemId: string, name = 'front.jpg'): BinaryKey => ({ config: 'line', itemId, name });
const textOf = (key: BinaryKey): string => JSON.stringify([key.config, key.itemId, key.name]);

async function filled(storage: BinaryStorage, keys: readonly BinaryKey[]): Promise<BinaryStorage> {
  for (const key of keys) await storage.put(key, bytesOf('x'), never);
  return storage;
}

async function keysIn(storage: BinaryStorage): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of storage.iterate(never)) keys.push(textOf(key));
  return keys.sort();
}

/** How the contract comes by a storage that holds much. */
interface Holding {
  /** How many pictures it holds. */
  readonly many?: number;
  /** A new storage with a picture under each key. Where putting so many takes long, they come there past the storage. */
  readonly openHolding?: (keys: readonly BinaryKey[]) => Promise<BinaryStorage>;
}

/** What every binary storage promises. `open` gives a new, empty one. */
export function binaryStorageContract(
  open: () => Promise<BinaryStorage>,
  { many = 5000, openHolding = async (keys) => filled(await open(), keys) }: Holding = {},
): void {
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
      expect(await keysIn(storage)).toEqual(ids.map((id) => textOf(keyOf(id))).sort());
      expect(Buffer.from((await storage.get(keyOf('item-17'), never)) ?? []).toString()).toBe('item-17');
    });

    it('has one whole picture after 50 writers have written the same key at once', async () => {
      const storage = await openOne();
      const pictures = Array.from({ length: 50 }, (_, index) => `${index} `.repeat(1000));
      await Promise.all(pictures.map((picture) => storage.put(keyOf('item-1'), bytesOf(picture), never)));
      expect(pictures).toContain(Buffer.from((await storage.get(keyOf('item-1'), never)) ?? []).toString());
      expect(await keysIn(storage)).toEqual([textOf(keyOf('item-1'))]);
    });

    it(`lists ${many} pictures, each once, and stops when it is told to`, async () => {
      const keys = Array.from({ length: many }, (_, index) => keyOf(`item-${index >> 2}`, `camera-${index % 4}.jpg`));
      const storage = await openHolding(keys);
      opened.push(storage);
      expect(await keysIn(storage)).toEqual(keys.map(textOf).sort());
      const controller = new AbortController();
      const listing = async (): Promise<void> => {
        for await (const _key of storage.iterate(controller.signal)) controller.abort();
      };
      await expect(listing()).rejects.toThrow();
    });

    it.each([
      ['config', (id: string): BinaryKey => ({ ...keyOf('item-1'), config: id })],
      ['item id', (id: string): BinaryKey => keyOf(id)],
      ['name', (id: string): BinaryKey => keyOf('item-1', id)],
      ['camera id', (id: string): BinaryKey => keyOf('item-1', `${id}.jpg`)],
    ])('keeps a picture under a hostile %s exactly there, or refuses it', async (_part, keyWith) => {
      const storage = await openOne();
      const beside = keyOf('beside');
      await storage.put(beside, bytesOf('beside'), never);
      const hostile = HOSTILE_IDS.map(keyWith);
      const taken: BinaryKey[] = [];
      for (const key of hostile) {
        const outcome = await storage.put(key, bytesOf(textOf(key)), never).catch((error: unknown) => error);
        if (outcome === undefined) taken.push(key);
        else expect(outcome, textOf(key)).toMatchObject({ name: 'AppError', code: 'REFUSED' });
      }
      for (const key of hostile) {
        const stored = await storage.get(key, never);
        const text = stored === undefined ? undefined : Buffer.from(stored).toString();
        expect(text, textOf(key)).toBe(taken.includes(key) ? textOf(key) : undefined);
      }
      expect(await keysIn(storage)).toEqual([beside, ...taken].map(textOf).sort());
      for (const key of hostile) await storage.delete(key, never);
      expect(await keysIn(storage)).toEqual([textOf(beside)]);
    });

    it('never takes two keys for one because their parts read the same behind each other', async () => {
      const storage = await openOne();
      const keys = [
        { config: 'a/b', itemId: 'c', name: 'd.jpg' },
        { config: 'a', itemId: 'b/c', name: 'd.jpg' },
        { config: 'a', itemId: 'b', name: 'c/d.jpg' },
      ];
      for (const key of keys) await storage.put(key, bytesOf(textOf(key)), never).catch(() => 'refused');
      for (const key of keys) {
        const stored = await storage.get(key, never);
        if (stored !== undefined) expect(Buffer.from(stored).toString()).toBe(textOf(key));
      }
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

    it('reads, lists and deletes nothing when the signal is already aborted', async () => {
      const storage = await openOne();
      await storage.put(keyOf('item-1'), bytesOf('picture'), never);
      const aborted = AbortSignal.abort();
      await expect(storage.get(keyOf('item-1'), aborted)).rejects.toThrow();
      await expect(storage.list('line', 'item-1', aborted)).rejects.toThrow();
      await expect(storage.iterate(aborted)[Symbol.asyncIterator]().next()).rejects.toThrow();
      await expect(storage.check(aborted)).rejects.toThrow();
      await expect(storage.delete(keyOf('item-1'), aborted)).rejects.toThrow();
      expect(await keysIn(storage)).toEqual([textOf(keyOf('item-1'))]);
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

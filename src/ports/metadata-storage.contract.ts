import { afterEach, describe, expect, it } from 'vitest';
import type { Item } from '../domain/item.ts';
import { HOSTILE_IDS } from './hostile-ids.test-support.ts';
import type { MetadataKey, MetadataStorage } from './metadata-storage.ts';

const never = new AbortController().signal;

/** An item with every key filled, for tests. */
export function exampleItem(id: string, change: Partial<Item> = {}): Item {
  return {
    id,
    serial_number: 'SN-0815',
    category: null,
    idempotency_key: null,
    station_config: 'line',
    cameras: { front: { brightness: null, exposition: 100, position: 'front', source: 'folder' } },
    received_time: '2026-04-02 11:22:12',
    received_at: '2026-04-02T11:22:12.250+02:00',
    inferences: { front: { detector: { object_1: { label: 'tablet', location: [0, 0.1, 1, 0.9], score: 0.98 } } } },
    camera_decisions: { front: { decision: 'OK', reason: 'seen tablet' } },
    decision: 'OK',
    state: 'Done',
    error: null,
    late: false,
    near_threshold: false,
    stored_bytes: 7,
    warnings: ['ü – ✓'],
    binaries: ['front.jpg'],
    timings_ms: { capture: 1.25 },
    config_digest: 'abc',
    models: { detector: { name: 'detector', version: '1', digest: null } },
    ...change,
  };
}

const keyOf = (itemId: string): MetadataKey => ({ config: 'line', itemId });
const textOf = (key: MetadataKey): string => JSON.stringify([key.config, key.itemId]);

async function filled(storage: MetadataStorage, keys: readonly MetadataKey[]): Promise<MetadataStorage> {
  for (const key of keys) await storage.put(exampleItem(key.itemId), never);
  return storage;
}

async function keysIn(storage: MetadataStorage): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of storage.iterate(never)) keys.push(textOf(key));
  return keys.sort();
}

/** How the contract comes by a storage that holds much. */
interface Holding {
  /** How many records it holds. */
  readonly many?: number;
  /** A new storage with a record under each key. Where putting so many takes long, they come there past the storage. */
  readonly openHolding?: (keys: readonly MetadataKey[]) => Promise<MetadataStorage>;
}

/** What every metadata storage promises. `open` gives a new, empty one. */
export function metadataStorageContract(
  open: () => Promise<MetadataStorage>,
  { many = 5000, openHolding = async (keys) => filled(await open(), keys) }: Holding = {},
): void {
  describe('as a metadata storage', () => {
    const opened: MetadataStorage[] = [];
    const openOne = async (): Promise<MetadataStorage> => {
      const storage = await open();
      opened.push(storage);
      return storage;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((storage) => storage.close()));
    });

    it('gives back the item it was given', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      expect(await storage.get(keyOf('item-1'), never)).toEqual(exampleItem('item-1'));
    });

    it('has nothing under a key that was never written, nor under another config', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      expect(await storage.get(keyOf('unknown'), never)).toBeUndefined();
      expect(await storage.get({ config: 'other', itemId: 'item-1' }, never)).toBeUndefined();
    });

    it('replaces an earlier record of the item', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1', { state: 'Inference', decision: null }), never);
      await storage.put(exampleItem('item-1', { decision: 'KO' }), never);
      expect((await storage.get(keyOf('item-1'), never))?.decision).toBe('KO');
    });

    it('forgets what is deleted, and deletes what is not there without complaint', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      await storage.delete(keyOf('item-1'), never);
      await storage.delete(keyOf('item-1'), never);
      expect(await storage.get(keyOf('item-1'), never)).toBeUndefined();
    });

    it('serves 50 writers at once and lists every key once', async () => {
      const storage = await openOne();
      const ids = Array.from({ length: 50 }, (_, index) => `item-${index}`);
      await Promise.all(ids.map((id) => storage.put(exampleItem(id), never)));
      expect(await keysIn(storage)).toEqual(ids.map((id) => textOf(keyOf(id))).sort());
    });

    it('has one whole record after 50 writers have written the same item at once', async () => {
      const storage = await openOne();
      const items = Array.from({ length: 50 }, (_, index) => exampleItem('item-1', { stored_bytes: index }));
      await Promise.all(items.map((item) => storage.put(item, never)));
      expect(items).toContainEqual(await storage.get(keyOf('item-1'), never));
      expect(await keysIn(storage)).toEqual([textOf(keyOf('item-1'))]);
    });

    it(`lists ${many} records, each once, and stops when it is told to`, async () => {
      const keys = Array.from({ length: many }, (_, index) => keyOf(`item-${index}`));
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
      ['config', (id: string, index: number): Item => exampleItem(`item-${index}`, { station_config: id })],
      ['item id', (id: string): Item => exampleItem(id)],
    ])('keeps a record under a hostile %s exactly there, or refuses it', async (_part, itemWith) => {
      const storage = await openOne();
      await storage.put(exampleItem('beside'), never);
      const hostile = HOSTILE_IDS.map(itemWith).map((item) => ({
        item,
        key: { config: item.station_config, itemId: item.id },
      }));
      const taken: MetadataKey[] = [];
      for (const { item, key } of hostile) {
        const outcome = await storage.put(item, never).catch((error: unknown) => error);
        if (outcome === undefined) taken.push(key);
        else expect(outcome, textOf(key)).toMatchObject({ name: 'AppError', code: 'REFUSED' });
      }
      for (const { item, key } of hostile) {
        expect(await storage.get(key, never), textOf(key)).toEqual(taken.includes(key) ? item : undefined);
      }
      expect(await keysIn(storage)).toEqual([keyOf('beside'), ...taken].map(textOf).sort());
      for (const { key } of hostile) await storage.delete(key, never);
      expect(await keysIn(storage)).toEqual([textOf(keyOf('beside'))]);
    });

    it('gives back what cameras of any name have seen', async () => {
      const storage = await openOne();
      const names = HOSTILE_IDS.filter((name) => name !== '__proto__');
      const item = exampleItem('item-1', {
        inferences: Object.fromEntries(names.map((name) => [name, { [name]: { [name]: { label: name } } }])),
        camera_decisions: Object.fromEntries(names.map((name) => [name, { decision: 'OK', reason: name }])),
      });
      await storage.put(item, never);
      expect(await storage.get(keyOf('item-1'), never)).toEqual(item);
    });

    it('deletes an item only under the config that it was made with', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      await storage.delete({ config: 'other', itemId: 'item-1' }, never);
      expect(await storage.get(keyOf('item-1'), never)).toEqual(exampleItem('item-1'));
    });

    it('writes nothing when the signal is already aborted', async () => {
      const storage = await openOne();
      await expect(storage.put(exampleItem('item-1'), AbortSignal.abort())).rejects.toThrow();
      expect(await storage.get(keyOf('item-1'), never)).toBeUndefined();
    });

    it('has the old record or the new one, whole, after the put that replaces it was aborted', async () => {
      const storage = await openOne();
      const key = keyOf('item-1');
      const [before, after] = [exampleItem('item-1', { decision: null }), exampleItem('item-1', { decision: 'KO' })];
      await storage.put(before, never);
      const controller = new AbortController();
      const writing = storage.put(after, controller.signal).catch(() => 'rejected');
      setImmediate(() => controller.abort());
      const outcome = await writing;
      const stored = await storage.get(key, never);
      expect([before, after]).toContainEqual(stored);
      if (outcome !== 'rejected') expect(stored).toEqual(after);
    });

    it('reads, lists and deletes nothing when the signal is already aborted', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      const aborted = AbortSignal.abort();
      await expect(storage.get(keyOf('item-1'), aborted)).rejects.toThrow();
      await expect(storage.iterate(aborted)[Symbol.asyncIterator]().next()).rejects.toThrow();
      await expect(storage.check(aborted)).rejects.toThrow();
      await expect(storage.delete(keyOf('item-1'), aborted)).rejects.toThrow();
      expect(await keysIn(storage)).toEqual([textOf(keyOf('item-1'))]);
    });

    it('says that it can be written', async () => {
      const storage = await openOne();
      await expect(storage.check(never)).resolves.toBeUndefined();
      for await (const key of storage.iterate(never)) expect.unreachable(`the check left ${key.itemId} behind`);
    });

    it('closes twice without complaint', async () => {
      const storage = await openOne();
      await storage.close();
      await expect(storage.close()).resolves.toBeUndefined();
    });
  });
}

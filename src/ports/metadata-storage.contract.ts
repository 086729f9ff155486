import { afterEach, describe, expect, it } from 'vitest';
import type { Item } from '../domain/item.ts';
import type { MetadataStorage } from './metadata-storage.ts';

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

/** What every metadata storage promises. `open` gives a new, empty one. */
export function metadataStorageContract(open: () => Promise<MetadataStorage>): void {
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
      expect(await storage.get({ config: 'line', itemId: 'item-1' }, never)).toEqual(exampleItem('item-1'));
    });

    it('has nothing under a key that was never written, nor under another config', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      expect(await storage.get({ config: 'line', itemId: 'unknown' }, never)).toBeUndefined();
      expect(await storage.get({ config: 'other', itemId: 'item-1' }, never)).toBeUndefined();
    });

    it('replaces an earlier record of the item', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1', { state: 'Inference', decision: null }), never);
      await storage.put(exampleItem('item-1', { decision: 'KO' }), never);
      expect((await storage.get({ config: 'line', itemId: 'item-1' }, never))?.decision).toBe('KO');
    });

    it('forgets what is deleted, and deletes what is not there without complaint', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      await storage.delete({ config: 'line', itemId: 'item-1' }, never);
      await storage.delete({ config: 'line', itemId: 'item-1' }, never);
      expect(await storage.get({ config: 'line', itemId: 'item-1' }, never)).toBeUndefined();
    });

    it('serves 50 writers at once and lists every key once', async () => {
      const storage = await openOne();
      const ids = Array.from({ length: 50 }, (_, index) => `item-${index}`);
      await Promise.all(ids.map((id) => storage.put(exampleItem(id), never)));
      const listed: string[] = [];
      for await (const key of storage.iterate(never)) listed.push(`${key.config}/${key.itemId}`);
      expect(listed.sort()).toEqual(ids.map((id) => `line/${id}`).sort());
    });

    it('writes nothing when the signal is already aborted', async () => {
      const storage = await openOne();
      await expect(storage.put(exampleItem('item-1'), AbortSignal.abort())).rejects.toThrow();
      expect(await storage.get({ config: 'line', itemId: 'item-1' }, never)).toBeUndefined();
    });

    it('has the old record or the new one, whole, after the put that replaces it was aborted', async () => {
      const storage = await openOne();
      const key = { config: 'line', itemId: 'item-1' };
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

    it('reads nothing when the signal is already aborted', async () => {
      const storage = await openOne();
      await storage.put(exampleItem('item-1'), never);
      await expect(storage.get({ config: 'line', itemId: 'item-1' }, AbortSignal.abort())).rejects.toThrow();
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

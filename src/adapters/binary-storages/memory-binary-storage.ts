import { z } from 'zod';
import type { BinaryKey } from '../../ports/binary-storage.ts';
import { defineBinaryStorage } from '../../ports/binary-storage.ts';

const BYTES_PER_MB = 1024 * 1024;

interface StoredItem {
  readonly config: string;
  readonly itemId: string;
  readonly binaries: Map<string, Uint8Array>;
}

export const memoryBinaryStorage = defineBinaryStorage({
  type: 'memory',
  options: z
    .strictObject({
      max_mb: z.number().positive().default(256).meta({ description: 'The oldest items leave beyond this size.' }),
      max_items: z.int().positive().default(10_000).meta({ description: 'The oldest items leave beyond this number.' }),
    })
    .meta({ title: 'Kept in memory, gone after a restart' }),
  async open({ max_mb, max_items }) {
    const items = new Map<string, StoredItem>();
    let totalBytes = 0;

    // as JSON, so that no letter of one part can be taken for the end of it
    const itemKey = ({ config, itemId }: Omit<BinaryKey, 'name'>): string => JSON.stringify([config, itemId]);
    const leave = (key: string, item: StoredItem): void => {
      items.delete(key);
      for (const bytes of item.binaries.values()) totalBytes -= bytes.byteLength;
    };
    const makeRoom = (): void => {
      for (const [key, item] of items) {
        const isWithinBounds = items.size <= max_items && totalBytes <= max_mb * BYTES_PER_MB;
        if (isWithinBounds || items.size === 1) return;
        leave(key, item);
      }
    };
    const remove = (key: BinaryKey): void => {
      const item = items.get(itemKey(key));
      const bytes = item?.binaries.get(key.name);
      if (item === undefined || bytes === undefined) return;
      item.binaries.delete(key.name);
      totalBytes -= bytes.byteLength;
      if (item.binaries.size === 0) items.delete(itemKey(key));
    };

    return {
      async put(key, bytes, signal) {
        signal.throwIfAborted();
        remove(key);
        const item = items.get(itemKey(key)) ?? { config: key.config, itemId: key.itemId, binaries: new Map() };
        items.set(itemKey(key), item);
        item.binaries.set(key.name, bytes);
        totalBytes += bytes.byteLength;
        makeRoom();
      },
      async get(key, signal) {
        signal.throwIfAborted();
        return items.get(itemKey(key))?.binaries.get(key.name);
      },
      async delete(key, signal) {
        signal.throwIfAborted();
        remove(key);
      },
      async list(config, itemId, signal) {
        signal.throwIfAborted();
        const binaries = [...(items.get(itemKey({ config, itemId }))?.binaries ?? [])];
        return binaries.map(([name, { byteLength }]) => ({ name, bytes: byteLength }));
      },
      async *iterate(signal) {
        for (const { config, itemId, binaries } of [...items.values()]) {
          signal.throwIfAborted();
          for (const name of [...binaries.keys()]) yield { config, itemId, name };
        }
      },
      async check(signal) {
        signal.throwIfAborted();
      },
      async close() {
        items.clear();
        totalBytes = 0;
      },
    };
  },
});

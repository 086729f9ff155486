import { z } from 'zod';
import type { Item } from '../../domain/item.ts';
import { defineMetadataStorage } from '../../ports/metadata-storage.ts';

export const memoryMetadataStorage = defineMetadataStorage({
  type: 'memory',
  options: z
    .strictObject({
      max_items: z.int().positive().default(10_000).meta({ description: 'The oldest items leave beyond this number.' }),
    })
    .meta({ title: 'Kept in memory, gone after a restart' }),
  async open({ max_items }) {
    const items = new Map<string, Item>();
    return {
      capacity: max_items,
      async put(item, signal) {
        signal.throwIfAborted();
        items.set(item.id, item);
        if (items.size <= max_items) return;
        for (const oldest of items.keys()) {
          items.delete(oldest);
          return;
        }
      },
      async get({ config, itemId }, signal) {
        signal.throwIfAborted();
        const item = items.get(itemId);
        return item?.station_config === config ? item : undefined;
      },
      async delete({ config, itemId }, signal) {
        signal.throwIfAborted();
        if (items.get(itemId)?.station_config === config) items.delete(itemId);
      },
      async *iterate(signal) {
        for (const item of [...items.values()]) {
          signal.throwIfAborted();
          yield { config: item.station_config, itemId: item.id };
        }
      },
      async check(signal) {
        signal.throwIfAborted();
      },
      async close() {
        items.clear();
      },
    };
  },
});

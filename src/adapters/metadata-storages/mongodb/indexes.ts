import type { Collection, IndexDirection } from 'mongodb';
import type { Log } from '../../../ports/context.ts';
import { serverCodeOf } from './failures.ts';
import type { ItemDocument } from './item-document.ts';

/** What people look for in the collection; the newest first within each. */
const INDEXES: readonly Readonly<Record<string, IndexDirection>>[] = [
  { received: -1 },
  { station_config: 1, received: -1 },
  { decision: 1, received: -1 },
  { serial_number: 1, received: -1 },
];

/** Made beside the first records that are written, and never waited for: a record is worth more than its index. */
export interface Indexes {
  /** Begins to make what is missing, once; again after the server was away meanwhile. */
  ensure(): void;
}

export function createIndexes(items: Collection<ItemDocument>, log: Log): Indexes {
  let begun = false;

  async function make(): Promise<void> {
    const there = new Set((await items.listIndexes().toArray()).map(({ key }) => JSON.stringify(key)));
    const missing = INDEXES.filter((key) => !there.has(JSON.stringify(key)));
    if (missing.length > 0) await items.createIndexes(missing.map((key) => ({ key })));
  }

  return {
    ensure() {
      if (begun) return;
      begun = true;
      make().catch((error: unknown) => {
        const code = serverCodeOf(error);
        if (code === undefined) begun = false;
        else log.warn({ code }, 'the indexes of the MongoDB collection were not made');
      });
    },
  };
}

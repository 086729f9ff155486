import { messageOf } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Log } from '../ports/context.ts';
import type { Journal } from '../ports/journal.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import type { ItemRecords } from './item-records.ts';

/** Ends the items that a stopped process left behind: no item stays unfinished, and none of them is `OK`. */
export async function closeLeftovers(journal: Journal, records: ItemRecords, log: Log): Promise<void> {
  for (const item of await journal.unfinished()) {
    log.warn({ itemId: item.id, state: item.state }, 'an item was left unfinished and is closed');
    const error = `the station stopped in step "${item.state}", before the item was decided`;
    await records.finish({ ...item, decision: item.decision ?? 'NO_DECISION', error });
  }
}

const BATCH = 500;

/** Fills an empty journal from the metadata storage. A record that cannot be read is logged and left out. */
export async function fillJournal(
  { journal, metadataStorage }: { readonly journal: Journal; readonly metadataStorage: MetadataStorage },
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let batch: Item[] = [];
  let count = 0;
  const flush = async (): Promise<void> => {
    await journal.record(batch);
    count += batch.length;
    batch = [];
  };
  for await (const key of metadataStorage.iterate(signal)) {
    try {
      const item = await metadataStorage.get(key, signal);
      if (item !== undefined) batch.push(item);
    } catch (error) {
      log.warn({ itemId: key.itemId, reason: messageOf(error) }, 'a record could not be read');
    }
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  if (count > 0) log.info({ count }, 'the journal was filled from the metadata storage');
}

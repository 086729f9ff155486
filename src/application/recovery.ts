import { messageOf } from '../domain/errors.ts';
import { STORED_ENDINGS } from '../domain/image.ts';
import type { Item } from '../domain/item.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import type { Log } from '../ports/context.ts';
import type { Journal } from '../ports/journal.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import type { ItemRecords } from './item-records.ts';

export interface RecoveryPorts {
  readonly journal: Journal;
  readonly binaryStorage: BinaryStorage;
  readonly metadataStorage: MetadataStorage;
}

/**
 * Ends the items that a stopped process left behind: no item stays unfinished. One whose result was saved has it; the
 * others end in the step they had come to, and none of them is `OK`.
 */
export async function closeLeftovers(
  { journal, binaryStorage, metadataStorage }: RecoveryPorts,
  records: ItemRecords,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const journaled of await journal.unfinished()) {
    const key = { config: journaled.station_config, itemId: journaled.id };
    const item = (await metadataStorage.get(key, signal).catch(() => undefined)) ?? journaled;
    if (item.state === 'Done') {
      await journal.record([item]);
      continue;
    }
    log.warn({ itemId: item.id, state: item.state }, 'an item was left unfinished and is closed');
    const error = `the station stopped in step "${item.state}", before the item was decided`;
    const binaries = await storedNames(item, binaryStorage, signal).catch((failure: unknown) => {
      log.warn({ itemId: item.id, reason: messageOf(failure) }, 'its pictures could not be looked for');
      return item.binaries;
    });
    await records.finish({ ...item, binaries, decision: item.decision ?? 'NO_DECISION', error });
  }
}

/** The pictures that were saved before the process stopped, whether the record says so or not. `0` is an uploaded one. */
async function storedNames(item: Item, storage: BinaryStorage, signal: AbortSignal): Promise<string[]> {
  const names = ['0', ...Object.keys(item.cameras)].flatMap((id) => STORED_ENDINGS.map((ending) => `${id}.${ending}`));
  const stored: string[] = [];
  for (const name of names) {
    const key = { config: item.station_config, itemId: item.id, name };
    if ((await storage.get(key, signal)) !== undefined) stored.push(name);
  }
  return stored;
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

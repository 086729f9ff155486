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

/** Binary of an item that was uploaded. */
const UPLOADED = '0';
const AT_ONCE = 32;

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
  const close = async (journaled: Item): Promise<void> => {
    const key = { config: journaled.station_config, itemId: journaled.id };
    const item = (await metadataStorage.get(key, signal).catch(() => undefined)) ?? journaled;
    if (item.state === 'Done') return await journal.note([item]);
    log.warn({ itemId: item.id, state: item.state }, 'an item was left unfinished and is closed');
    const error = `the station stopped in step "${item.state}", before the item was decided`;
    const binaries = await storedNames(item, binaryStorage, signal).catch((failure: unknown) => {
      log.warn({ itemId: item.id, reason: messageOf(failure) }, 'its pictures could not be looked for');
      return item.binaries;
    });
    // an uploaded picture is kept, not inspected: there was nothing to decide
    const isUpload = binaries.some((name) => name.startsWith(`${UPLOADED}.`));
    await records.finish({ ...item, binaries, decision: isUpload ? null : 'NO_DECISION', error });
  };
  const leftovers = await journal.unfinished();
  // side by side, so that they share the syncs of the disk
  for (let index = 0; index < leftovers.length; index += AT_ONCE) {
    await Promise.all(leftovers.slice(index, index + AT_ONCE).map(close));
  }
}

/** The pictures that were saved before the process stopped, whether the record says so or not. */
async function storedNames(item: Item, storage: BinaryStorage, signal: AbortSignal): Promise<string[]> {
  const names = [UPLOADED, ...Object.keys(item.cameras)].flatMap((id) =>
    STORED_ENDINGS.map((ending) => `${id}.${ending}`),
  );
  const stored: string[] = [];
  for (const name of names) {
    const key = { config: item.station_config, itemId: item.id, name };
    if ((await storage.get(key, signal)) !== undefined) stored.push(name);
  }
  return stored;
}

const BATCH = 500;

export interface Filled {
  /** Items that are in the journal now. */
  readonly items: number;
  /** Records that could not be read and are left out. */
  readonly unreadable: number;
}

/**
 * Fills a journal from the metadata storage; what cannot be read is logged and left out. `onProgress` hears how many
 * items are in it, now and then. Rejects when the signal is aborted.
 */
export async function fillJournal(
  { journal, metadataStorage }: { readonly journal: Journal; readonly metadataStorage: MetadataStorage },
  log: Log,
  signal: AbortSignal,
  onProgress: (items: number) => void = () => undefined,
): Promise<Filled> {
  let batch: Item[] = [];
  let items = 0;
  let unreadable = 0;
  const flush = async (): Promise<void> => {
    await journal.record(batch);
    items += batch.length;
    batch = [];
    onProgress(items);
  };
  for await (const key of metadataStorage.iterate(signal)) {
    signal.throwIfAborted();
    try {
      const item = await metadataStorage.get(key, signal);
      if (item !== undefined) batch.push(item);
    } catch (error) {
      signal.throwIfAborted();
      unreadable += 1;
      log.warn({ itemId: key.itemId, reason: messageOf(error) }, 'a record could not be read');
    }
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  if (items > 0) log.info({ items, unreadable }, 'the journal was filled from the metadata storage');
  return { items, unreadable };
}

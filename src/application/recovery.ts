import { messageOf } from '../domain/errors.ts';
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
/** An item that ended the process so often is not tried again by itself. */
const MOST_ENDS = 2;

export interface SortOptions {
  /** Whether a part that was never captured is captured now, whatever stands before the cameras. */
  readonly recapture: boolean;
  /** Items whose models ran when the process ended. */
  readonly wereRunning: ReadonlySet<string>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Looks at the items that a stopped process left behind. One whose result was saved has it; one that was uploaded is
 * kept; one whose part was never captured is closed undecided; one whose models ran when the process ended, twice, is set
 * aside. Resolves with those that are to be finished from their stored pictures, the oldest first: `binaries` says what
 * is stored of each.
 */
export async function sortLeftovers(
  ports: RecoveryPorts,
  records: ItemRecords,
  { recapture, wereRunning, log, signal }: SortOptions,
): Promise<readonly Item[]> {
  const { journal, metadataStorage } = ports;
  const recoveries = new Map((await journal.recoveries.all()).map((recovery) => [recovery.itemId, recovery]));

  /** Counts an end of the process for an item that may have caused it; resolves with why the item is set aside, or null. */
  const suspect = async (itemId: string): Promise<string | null> => {
    const known = recoveries.get(itemId);
    if (known?.state === 'set_aside') return known.reason;
    if (!wereRunning.has(itemId)) return null;
    const attempts = (known?.attempts ?? 0) + 1;
    const isSetAside = attempts >= MOST_ENDS;
    const reason = `the station ended ${attempts === 1 ? 'once' : `${attempts} times`} while it inspected this item`;
    if (isSetAside) log.error({ itemId, reason }, 'an item is set aside');
    const state = isSetAside ? 'set_aside' : 'running';
    await journal.recoveries.put({ itemId, state, attempts, sinceMs: Date.now(), reason });
    return isSetAside ? reason : null;
  };

  const sort = async (journaled: Item): Promise<Item | null> => {
    const key = { config: journaled.station_config, itemId: journaled.id };
    const item = (await metadataStorage.get(key, signal).catch(() => undefined)) ?? journaled;
    if (item.state === 'Done') {
      await journal.note([item]);
      return null;
    }
    const found = await withStored(item, ports.binaryStorage, log, signal);
    const reason = await suspect(item.id);
    if (reason !== null) {
      await records.finish({ ...found, decision: 'NO_DECISION', error: `set aside: ${reason}` });
      return null;
    }
    const isUpload = found.binaries.some((name) => name.startsWith(`${UPLOADED}.`));
    // what came with the request is what the answer promised to keep
    if (isUpload) await records.finish({ ...found, decision: null, error: null });
    else if (found.binaries.length === 0 && !recapture) await records.finish(neverCaptured(found));
    else return found;
    return null;
  };

  const toFinish: Item[] = [];
  const leftovers = await journal.unfinished();
  // side by side, so that they share the syncs of the disk
  for (let index = 0; index < leftovers.length; index += AT_ONCE) {
    const sorted = await Promise.all(leftovers.slice(index, index + AT_ONCE).map(sort));
    toFinish.push(...sorted.filter((item) => item !== null));
  }
  const unfinished = new Set(leftovers.map(({ id }) => id));
  // of the finished ones, those that somebody wanted to try again
  for (const { itemId, state } of recoveries.values()) {
    if (unfinished.has(itemId) || state === 'set_aside' || (await suspect(itemId)) !== null) continue;
    const item = await journal.find(itemId);
    if (item !== undefined) toFinish.push(item);
  }
  return toFinish;
}

function neverCaptured(item: Item): Item {
  const error = `the station stopped in step "${item.state}", before a picture of the part was saved`;
  return { ...item, decision: 'NO_DECISION', error };
}

/** The item with the pictures that were saved before the process stopped, whether its record says so or not. */
async function withStored(item: Item, storage: BinaryStorage, log: Log, signal: AbortSignal): Promise<Item> {
  try {
    const stored = await storage.list(item.station_config, item.id, signal);
    const bytes = stored.reduce((sum, binary) => sum + binary.bytes, 0);
    return { ...item, binaries: stored.map(({ name }) => name), stored_bytes: bytes };
  } catch (error) {
    log.warn({ itemId: item.id, reason: messageOf(error) }, 'its pictures could not be looked for');
    return item;
  }
}

const BATCH = 500;

export interface Filled {
  /** Items that are in the journal now. */
  readonly items: number;
  /** Records that could not be read and are left out. */
  readonly unreadable: number;
}

export interface FillOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Hears how many items are in the journal, now and then. */
  readonly onProgress?: (items: number) => void;
  /** While a station serves, its unfinished items are its own affair: what is stored of them is older than what it knows. */
  readonly isServing?: boolean;
}

/**
 * Fills a journal from the metadata storage; what cannot be read is logged and left out. Rejects when the signal is
 * aborted.
 */
export async function fillJournal(
  { journal, metadataStorage }: Pick<RecoveryPorts, 'journal' | 'metadataStorage'>,
  { log, signal, onProgress = () => undefined, isServing = false }: FillOptions,
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
      if (item !== undefined && (item.state === 'Done' || !isServing)) batch.push(item);
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

import { messageOf } from '../domain/errors.ts';
import { type Item, joinedErrors, withoutOk } from '../domain/item.ts';
import type { Log } from '../ports/context.ts';
import type { ItemPage, ItemQuery, Journal } from '../ports/journal.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import { withDeadline } from './deadline.ts';
import type { EventLog } from './event-log.ts';
import { zonedTime } from './received-time.ts';

/** The records of items: of those under way as they are this moment, of the others as they were saved. */
export interface ItemRecords {
  /** Begins a record; resolves when it is on disk, and takes it back when it rejects. */
  begin(item: Item): Promise<void>;
  /** Takes up the record of an item that an earlier run of the station left: the journal has it. A finished one stays as it is until it is finished again. */
  resume(item: Item): void;
  /** Replaces the record of an item under way; a new state is told to the world. */
  update(item: Item): void;
  /**
   * Ends a record: saves it, then publishes `Done`. When it cannot be saved an `OK` becomes `NO_DECISION`, the error
   * says so, and saving is tried again in the background until it succeeds. Resolves with the item as published.
   */
  finish(item: Item): Promise<Item>;
  find(id: string): Promise<Item | undefined>;
  /** The id of the item that was triggered with this idempotency key. */
  idOfKey(idempotencyKey: string): Promise<string | undefined>;
  list(query: ItemQuery): Promise<ItemPage>;
  /** How many items are decided and still wait to be saved. */
  unsavedCount(): number;
  /** How long saving a result takes these days, in milliseconds. */
  savingMs(): number;
  /** Tries once more to save what is unsaved, and stops trying. */
  close(): Promise<void>;
}

export interface ItemRecordsOptions {
  readonly journal: Journal;
  readonly metadataStorage: MetadataStorage;
  readonly events: EventLog;
  readonly log: Log;
  /** Longest time one write may take, in milliseconds. */
  readonly writeTimeoutMs: number;
  /** Called when a finished item is in the journal, and with it what is to be delivered. */
  readonly onFinished?: (item: Item) => void;
}

interface LiveRecord {
  item: Item;
  /** States that the world is not told before the record is on disk; null once it is. */
  untold: Item[] | null;
  /** Whether the journal has the record as it is now. */
  isJournaled: boolean;
  /** Backs the record up in the metadata storage once its step has lasted a while. */
  backupTimer: NodeJS.Timeout | undefined;
  /** The last backup begun; the final save waits for it, so that an older record never replaces a newer one. */
  backup: Promise<void>;
}

/** A step that lasts longer than this is seen in the metadata storage too; the API shows every step at once. */
const BACKUP_AFTER_MS = 100;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

export function createItemRecords(options: ItemRecordsOptions): ItemRecords {
  const { journal, metadataStorage, events, log, writeTimeoutMs, onFinished } = options;
  const live = new Map<string, LiveRecord>();
  const unsaved = new Map<string, Item>();
  /** Finished items whose place in the journal is being written: asked for one of them, nobody waits for the disk. */
  const indexings = new Map<string, { readonly item: Item; readonly ended: Promise<void> }>();
  const closing = new AbortController();
  let retryTimer: NodeJS.Timeout | undefined;
  let retryDelayMs = FIRST_RETRY_MS;
  let savingMs = 0;

  const publish = (item: Item): void => {
    const untold = live.get(item.id)?.untold;
    if (untold) {
      untold.push(item);
      return;
    }
    const { id, state, decision, station_config } = item;
    const at = zonedTime(new Date());
    events.publish({ event: 'item', data: { item_id: id, state, decision, station_config, at } });
  };

  const putMetadata = (item: Item): Promise<void> =>
    withDeadline(writeTimeoutMs, 'saving the metadata', closing.signal, (limit) => metadataStorage.put(item, limit));

  const record = (...items: Item[]): Promise<void> =>
    withDeadline(writeTimeoutMs, 'writing the journal', closing.signal, () => journal.record(items));

  const note = (item: Item): Promise<void> =>
    withDeadline(writeTimeoutMs, 'writing the journal', closing.signal, () => journal.note([item]));

  const scheduleBackup = (backed: LiveRecord): void => {
    backed.backupTimer ??= setTimeout(() => {
      backed.backupTimer = undefined;
      // an item that is not on record yet may still be refused: nothing may be left of it
      if (backed.untold !== null) return scheduleBackup(backed);
      backed.backup = backed.backup
        .then(() => putMetadata(backed.item))
        .catch((error: unknown) => log.warn({ itemId: backed.item.id, reason: messageOf(error) }, 'backup failed'));
    }, BACKUP_AFTER_MS);
  };

  /** The metadata first: a record that is on disk there is found again, whatever becomes of the journal's. */
  const save = async (item: Item): Promise<string | null> => {
    try {
      await putMetadata(item);
      await record(item);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  };

  const scheduleRetry = (): void => {
    if (retryTimer !== undefined || unsaved.size === 0 || closing.signal.aborted) return;
    retryTimer = setTimeout(() => {
      retryTimer = undefined;
      void saveUnsaved().finally(scheduleRetry);
    }, retryDelayMs);
    retryTimer.unref();
  };

  const retryLater = (item: Item, reason: string): void => {
    log.error({ itemId: item.id, reason }, 'an item could not be saved; it is tried again');
    unsaved.set(item.id, item);
    scheduleRetry();
  };

  const saveUnsaved = async (): Promise<void> => {
    for (const [id, item] of unsaved) {
      const failure = await save(item);
      unsaved.delete(id);
      if (failure !== null) {
        // to the end, so that one that can never be saved does not stand before the others
        unsaved.set(id, item);
        retryDelayMs = Math.min(2 * retryDelayMs, LAST_RETRY_MS);
        return;
      }
    }
    retryDelayMs = FIRST_RETRY_MS;
  };

  /** The list is read from the journal, which need not know the newest states yet. */
  const journalLiveRecords = async (): Promise<void> => {
    const stale = [...live.values()].filter(({ untold, isJournaled }) => untold === null && !isJournaled);
    if (stale.length === 0) return;
    for (const known of stale) known.isJournaled = true;
    await record(...stale.map(({ item }) => item)).catch((error: unknown) =>
      log.warn({ reason: messageOf(error) }, 'the journal could not be brought up to date'),
    );
  };

  const begin = (item: Item, isOnRecord: boolean): LiveRecord => {
    const begun: LiveRecord = {
      item,
      untold: isOnRecord ? null : [item],
      isJournaled: true,
      backupTimer: undefined,
      backup: Promise.resolve(),
    };
    live.set(item.id, begun);
    return begun;
  };

  /** Saves a result; the time it takes is known to whoever has to be done by a deadline. */
  const saveResult = async (item: Item): Promise<string | null> => {
    const from = performance.now();
    const failure = await putMetadata(item).then(() => null, messageOf);
    // rises at once and falls slowly
    savingMs = Math.max(performance.now() - from, 0.9 * savingMs);
    return failure;
  };

  const current = (id: string): Item | undefined => live.get(id)?.item ?? unsaved.get(id) ?? indexings.get(id)?.item;

  return {
    async begin(item) {
      const begun = begin(item, false);
      try {
        await record(item);
      } catch (error) {
        clearTimeout(begun.backupTimer);
        live.delete(item.id);
        throw error;
      }
      const untold = begun.untold ?? [];
      begun.untold = null;
      for (const told of untold) publish(told);
    },
    resume(item) {
      if (item.state !== 'Done') begin(item, true);
    },
    update(item) {
      const changed = live.get(item.id);
      if (changed === undefined) return;
      const isNewState = changed.item.state !== item.state;
      changed.item = item;
      changed.isJournaled = false;
      scheduleBackup(changed);
      if (isNewState) publish(item);
    },
    async finish(item) {
      const ending = live.get(item.id);
      clearTimeout(ending?.backupTimer);
      await ending?.backup;
      // from here on the journal gets the final record: a list must not write an older one after it
      if (ending !== undefined) ending.isJournaled = true;
      const done: Item = { ...item, state: 'Done' };
      const failure = await saveResult(done);
      const published = failure === null ? done : withSaveFailure(done, failure);
      if (failure !== null) retryLater(published, failure);
      // The result is on disk; its place in the index is written meanwhile, before whatever is asked of the index next.
      const ended = note(published)
        .then(() => onFinished?.(published))
        .catch((error: unknown) => retryLater(published, messageOf(error)))
        .finally(() => indexings.delete(item.id));
      indexings.set(item.id, { item: published, ended });
      live.delete(item.id);
      publish(published);
      return published;
    },
    async find(id) {
      return current(id) ?? (await journal.find(id));
    },
    idOfKey: (idempotencyKey) => journal.idOfKey(idempotencyKey),
    async list(query) {
      await journalLiveRecords();
      const page = await journal.list(query);
      const items = page.items.map((item) => current(item.id) ?? item);
      // an item may have moved on since the journal was asked
      return { ...page, items: items.filter((item) => isAskedFor(item, query)) };
    },
    unsavedCount: () => unsaved.size,
    savingMs: () => savingMs,
    async close() {
      await Promise.all([...indexings.values()].map(({ ended }) => ended));
      await saveUnsaved();
      closing.abort();
      clearTimeout(retryTimer);
      if (unsaved.size > 0) log.error({ itemIds: [...unsaved.keys()] }, 'items could not be saved');
    },
  };
}

function isAskedFor(item: Item, { state, decision }: ItemQuery): boolean {
  return (state ?? item.state) === item.state && (decision ?? item.decision) === item.decision;
}

function withSaveFailure(item: Item, failure: string): Item {
  const sentence = `the result could not be saved: ${failure}`;
  return {
    ...item,
    decision: item.decision === null ? null : withoutOk(item.decision),
    error: joinedErrors([...(item.error === null ? [] : [item.error]), sentence]),
  };
}

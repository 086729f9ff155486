import { messageOf } from '../domain/errors.ts';
import { KEEP_CLASSES, type KeepClass } from '../domain/keep-class.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import type { Log } from '../ports/context.ts';
import type { JournaledItem, StoredItems } from '../ports/journal.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import { withDeadline } from './deadline.ts';
import { pause } from './pause.ts';

/** What is kept; null: no bound of this kind. */
export interface RetentionPolicy {
  /** Days after which an item of a class may go. */
  readonly keepDays: Readonly<Record<KeepClass, number | null>>;
  /** Most bytes of items. */
  readonly maxBytes: number | null;
  /** Bytes of the disk that stay free. */
  readonly minFreeBytes: number | null;
}

export interface StorageForecast {
  /** Size of all items on the disk of the station, in bytes. */
  readonly usedBytes: number;
  /** Bytes that were added per hour of late. */
  readonly bytesPerHour: number;
  /** Hours until the disk is full at this rate if nothing is removed; null when nothing is added, or nobody knows. */
  readonly hoursUntilFull: number | null;
}

/** Removes items to keep within the policy: the least worth first, of those the oldest, never one that is not delivered. */
export interface Retention {
  /** Hears of a finished item. */
  added(bytes: number): void;
  forecast(freeBytes: number | null): StorageForecast;
  /** Looks at once, and resolves when the bounds are kept or nothing more may go. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

export interface RetentionOptions {
  readonly policy: RetentionPolicy;
  readonly stored: StoredItems;
  readonly binaryStorage: BinaryStorage;
  readonly metadataStorage: MetadataStorage;
  /** Free bytes of the disk; null where nobody can tell. */
  readonly freeBytes: () => Promise<number | null>;
  /** Whether a remote storage has what is removed here. */
  readonly isKeptElsewhere: boolean;
  readonly writeTimeoutMs: number;
  readonly now: () => number;
  readonly log: Log;
}

const EVERY_MS = 30_000;
const BATCH = 50;
const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

export async function startRetention(options: RetentionOptions): Promise<Retention> {
  const { policy, stored, binaryStorage, metadataStorage, freeBytes, log, now } = options;
  const closing = new AbortController();
  const hasBounds =
    policy.maxBytes !== null ||
    policy.minFreeBytes !== null ||
    KEEP_CLASSES.some((keepClass) => policy.keepDays[keepClass] !== null);
  const rate = createRate(now);
  let usedBytes = await stored.bytes();
  let countedMs = now();

  const removeFiles = async ({ id, stationConfig, binaries }: JournaledItem): Promise<void> => {
    const remove = async (signal: AbortSignal): Promise<void> => {
      for (const name of binaries) await binaryStorage.delete({ config: stationConfig, itemId: id, name }, signal);
      await metadataStorage.delete({ config: stationConfig, itemId: id }, signal);
    };
    await withDeadline(options.writeTimeoutMs, 'removing an item', closing.signal, remove);
  };

  /** Removes the oldest items of a class; gives how many bytes that freed. The files first: a crash leaves an item to be removed again, and no file that nobody knows. */
  const removeOldest = async (keepClass: KeepClass, beforeMs: number): Promise<number> => {
    const items = await stored.removable(keepClass, beforeMs, BATCH);
    for (const item of items) await removeFiles(item);
    await stored.remove(
      items.map(({ id }) => id),
      options.isKeptElsewhere,
    );
    const freed = items.reduce((sum, { bytes }) => sum + bytes, 0);
    usedBytes -= freed;
    if (items.length > 0) log.info({ items: items.length, bytes: freed, keepClass }, 'items were removed to make room');
    return items.length;
  };

  const removeAged = async (): Promise<void> => {
    for (const keepClass of KEEP_CLASSES) {
      const days = policy.keepDays[keepClass];
      if (days === null) continue;
      while ((await removeOldest(keepClass, now() - days * DAY_MS)) === BATCH) closing.signal.throwIfAborted();
    }
  };

  const isOverfull = async (): Promise<boolean> => {
    if (policy.maxBytes !== null && usedBytes > policy.maxBytes) return true;
    const free = policy.minFreeBytes === null ? null : await freeBytes();
    return free !== null && policy.minFreeBytes !== null && free < policy.minFreeBytes;
  };

  const makeRoom = async (): Promise<void> => {
    for (const keepClass of KEEP_CLASSES) {
      while (await isOverfull()) {
        closing.signal.throwIfAborted();
        if ((await removeOldest(keepClass, Number.MAX_SAFE_INTEGER)) === 0) break;
      }
    }
  };

  let sweeping: Promise<void> | null = null;
  /** What was added meanwhile was added roughly: the journal knows better. */
  const count = async (): Promise<void> => {
    if (now() - countedMs < HOUR_MS) return;
    countedMs = now();
    usedBytes = await stored.bytes();
  };
  const sweep = (): Promise<void> => {
    if (!hasBounds) return Promise.resolve();
    sweeping ??= count()
      .then(removeAged)
      .then(makeRoom)
      .catch((error: unknown) => {
        if (!closing.signal.aborted) log.error({ reason: messageOf(error) }, 'items could not be removed');
      })
      .finally(() => {
        sweeping = null;
      });
    return sweeping;
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await sweep();
      await pause(EVERY_MS, closing.signal).catch(() => undefined);
    }
  };
  const running = hasBounds ? run() : Promise.resolve();

  return {
    added(bytes) {
      usedBytes += bytes;
      rate.add(bytes);
    },
    forecast(free) {
      const bytesPerHour = rate.perHour();
      const left = free === null ? null : Math.max(0, free);
      return {
        usedBytes,
        bytesPerHour: Math.round(bytesPerHour),
        hoursUntilFull: left === null || bytesPerHour === 0 ? null : Math.round((10 * left) / bytesPerHour) / 10,
      };
    },
    sweep,
    async close() {
      closing.abort();
      await running;
      await sweeping;
    },
  };
}

/** Bytes an hour, over the hour that has just passed, or over the time there was. */
function createRate(now: () => number): { add(bytes: number): void; perHour(): number } {
  const MINUTES = 60;
  const begin = now();
  const minutes = new Map<number, number>();
  const minuteOf = (ms: number): number => Math.floor((60 * ms) / HOUR_MS);
  return {
    add(bytes) {
      const minute = minuteOf(now());
      minutes.set(minute, (minutes.get(minute) ?? 0) + bytes);
      for (const old of minutes.keys()) {
        if (old > minute - MINUTES) break;
        minutes.delete(old);
      }
    },
    perHour() {
      const since = minuteOf(now()) - MINUTES;
      const added = [...minutes].reduce((sum, [minute, bytes]) => (minute > since ? sum + bytes : sum), 0);
      return (added * HOUR_MS) / Math.min(HOUR_MS, Math.max(60_000, now() - begin));
    },
  };
}

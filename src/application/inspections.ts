import { AppError, messageOf } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { type Admission, createAdmission, type DiskRoom } from './admission.ts';
import { withDeadline } from './deadline.ts';
import { createItemsUnderWay } from './items-under-way.ts';
import { modelRecords, NOBODY_SAID, newItem, type Part } from './new-item.ts';
import { createOncePerKey } from './once-per-key.ts';
import { capturedPictures, storedPictures } from './picture-sources.ts';
import { keepPicture, type RunTools, runInspection } from './run-inspection.ts';
import type { Station } from './station.ts';

/** A station that stays open as long as it is held. */
export interface HeldStation {
  readonly station: Station;
  release(): void;
}

/** What became of the triggers since the station was opened. */
export interface InspectionCounts {
  readonly accepted: number;
  /** Triggers that were refused because the station could not take them. */
  readonly rejected: number;
  readonly decided: number;
  /** Items that got their verdict from the deadline. */
  readonly late: number;
  /** Items with an error. */
  readonly failed: number;
}

/** Inspections under way: begun by a trigger, ended by `Done`. */
export interface Inspections {
  /**
   * Begins an inspection: the cameras are triggered now. Resolves with the item's id when its record and the pictures
   * that came with it are on disk; the inspection goes on behind it and lets go of the station at its end. A part whose
   * idempotency key is known begins nothing: its item is the one that there is. Rejects with `QUEUE_FULL`,
   * `STORAGE_FULL` or `STATION_CLOSING`.
   */
  begin(held: HeldStation, part: Part, given: Map<string, Uint8Array>): Promise<string>;
  /** Keeps a picture as binary `0` of a new item that nobody inspects. */
  keep(held: HeldStation, picture: Uint8Array): Promise<string>;
  /** Takes up an item that an earlier run of the station left, with the pictures it had saved, or new ones where it had saved none; resolves when it is `Done`. */
  resume(held: HeldStation, item: Item): Promise<Item>;
  /** Resolves with an item under way when it is `Done`; undefined when it is not under way. */
  finished(itemId: string): Promise<Item> | undefined;
  counts(): InspectionCounts;
  /** Resolves when nothing is under way, at the latest when the signal is aborted. */
  quiet(signal: AbortSignal): Promise<void>;
  /** Takes no more triggers and resolves when all that is under way is done. */
  drain(): Promise<void>;
}

export interface InspectionsOptions extends RunTools {
  /** Inspections that may be under way at once, in flight and waiting. */
  readonly capacity: number;
  readonly diskRoom: DiskRoom;
  /** Called when a trigger was refused because the disk is full. */
  readonly whenFull?: () => void;
  readonly newId: () => string;
}

export function createInspections(options: InspectionsOptions): Inspections {
  const { records, newId, log, signal, writeTimeoutMs } = options;
  const admission: Admission = createAdmission(options);
  const oncePerKey = createOncePerKey(records.idOfKey);
  const underWay = createItemsUnderWay();
  const counts = { accepted: 0, rejected: 0, decided: 0, late: 0, failed: 0 };

  /** The trigger was refused, since its record could not be written: nothing is kept of it. */
  const discardPictures = async ({ id, station_config, binaries }: Item): Promise<void> => {
    for (const name of binaries) {
      const key = { config: station_config, itemId: id, name };
      const remove = (limit: AbortSignal): Promise<void> => options.binaryStorage.delete(key, limit);
      await withDeadline(writeTimeoutMs, `removing ${name}`, signal, remove).catch((error: unknown) =>
        log.warn({ itemId: id, reason: messageOf(error) }, 'a picture could not be removed'),
      );
    }
  };

  /** Saves the item once its record stands, or discards its pictures and rejects. */
  const finish = async (item: Item, whenRecorded: Promise<void>): Promise<Item> => {
    try {
      await whenRecorded;
    } catch (error) {
      await discardPictures(item);
      throw error;
    }
    const done = await records.finish(item);
    admission.stored(done.stored_bytes);
    if (done.decision !== null) counts.decided += 1;
    if (done.late) counts.late += 1;
    if (done.error !== null) counts.failed += 1;
    return done;
  };

  /** Admits an item, or lets go of the station and rejects; resolves when its record is on disk, the work goes on. */
  const run = async (
    held: HeldStation,
    part: Part,
    givenBytes: number,
    work: (item: Item) => Promise<Item>,
  ): Promise<string> => {
    try {
      await options.diskRoom.refresh();
      admission.admit(underWay.count(), held.station.deadline, givenBytes);
    } catch (error) {
      counts.rejected += 1;
      held.release();
      if (error instanceof AppError && error.code === 'STORAGE_FULL') options.whenFull?.();
      throw error;
    }
    const item = newItem(newId(), held.station, part);
    // the cameras do not wait for the disk: the record is written while the pictures are taken
    const recorded = records.begin(item);
    const saved = work(item).then((done) => finish(done, recorded));
    const done = underWay.follow(item.id, saved, held.release);
    done.catch((error: unknown) => log.error({ itemId: item.id, reason: messageOf(error) }, 'an item was refused'));
    await recorded;
    return item.id;
  };

  const begin = async (held: HeldStation, part: Part, given: Map<string, Uint8Array>): Promise<string> => {
    const triggered = performance.now();
    const givenOnDisk = Promise.withResolvers<void>();
    const { station } = held;
    const pictures = capturedPictures(given);
    const givenSaved = givenOnDisk.resolve;
    const id = await run(held, part, bytesOf(given.values()), (item) =>
      runInspection({ item, station, pictures, givenSaved, begin: triggered }, options),
    );
    counts.accepted += 1;
    await givenOnDisk.promise;
    return id;
  };

  return {
    async begin(held, part, given) {
      if (part.idempotencyKey === null) return await begin(held, part, given);
      let isBegun = false;
      try {
        return await oncePerKey.idOf(part.idempotencyKey, () => {
          isBegun = true;
          return begin(held, part, given);
        });
      } finally {
        if (!isBegun) held.release();
      }
    },
    async keep(held, picture) {
      const id = await run(held, NOBODY_SAID, picture.byteLength, (item) => keepPicture(item, picture, options));
      await underWay.finished(id);
      return id;
    },
    resume(held, item) {
      const { station } = held;
      records.resume(item);
      const begun = {
        item: { ...item, models: modelRecords(station), late: station.deadline !== null, error: null },
        station,
        pictures:
          item.binaries.length === 0
            ? capturedPictures(new Map())
            : storedPictures(item, options.binaryStorage, writeTimeoutMs),
        givenSaved: () => undefined,
        begin: null,
      };
      const saved = runInspection(begun, options).then((done) => finish(done, Promise.resolve()));
      return underWay.follow(item.id, saved, held.release);
    },
    finished: underWay.finished,
    counts: () => ({ ...counts }),
    quiet: underWay.quiet,
    async drain() {
      admission.close();
      await underWay.drain();
    },
  };
}

function bytesOf(pictures: Iterable<Uint8Array>): number {
  let sum = 0;
  for (const { byteLength } of pictures) sum += byteLength;
  return sum;
}

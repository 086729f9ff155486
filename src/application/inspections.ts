import { AppError, messageOf } from '../domain/errors.ts';
import { ITEM_STATES, type Item, joinedErrors } from '../domain/item.ts';
import type { Log } from '../ports/context.ts';
import { type Admission, createAdmission, type DiskRoom } from './admission.ts';
import { examinePicture } from './captured-picture.ts';
import { withDeadline } from './deadline.ts';
import { type InspectionTools, inspectItem, savePicture } from './inspect-item.ts';
import type { ItemRecords } from './item-records.ts';
import { modelRecords, NOBODY_SAID, newItem, type Part } from './new-item.ts';
import { createOncePerKey } from './once-per-key.ts';
import { capturedPictures, type PictureSource, storedPictures } from './picture-sources.ts';
import { createStepClock, milliseconds } from './run-step.ts';
import type { Station } from './station.ts';
import { watchVerdict } from './verdict-deadline.ts';

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

export interface InspectionsOptions extends InspectionTools {
  readonly records: ItemRecords;
  /** Inspections that may be under way at once, in flight and waiting. */
  readonly capacity: number;
  readonly diskRoom: DiskRoom;
  /** Called when a trigger was refused because the disk is full. */
  readonly whenFull?: () => void;
  readonly newId: () => string;
  readonly log: Log;
  /** Aborted to end running inspections before their time. */
  readonly signal: AbortSignal;
}

/** One inspection as it is begun. */
interface Begun {
  readonly item: Item;
  readonly station: Station;
  readonly pictures: PictureSource;
  /** Resolves when the item's record is on disk. */
  readonly whenRecorded: Promise<void>;
  readonly givenSaved: () => void;
  /** When its trigger came, as `performance.now()` counts; null: in an earlier run, so that its time is over already. */
  readonly begin: number | null;
}

export function createInspections(options: InspectionsOptions): Inspections {
  const { records, newId, log, signal, writeTimeoutMs } = options;
  const admission: Admission = createAdmission(options);
  const oncePerKey = createOncePerKey(records.idOfKey);
  const underWay = new Map<string, Promise<Item>>();
  const waitingForQuiet = new Set<() => void>();
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

  const inspect = async ({ item, station, pictures, whenRecorded, givenSaved, begin }: Begun): Promise<Item> => {
    const from = performance.now();
    const { deadline } = station;
    let current = item;
    const show = (change: Partial<Item>): void => {
      const isBack = ITEM_STATES.indexOf(change.state ?? current.state) < ITEM_STATES.indexOf(current.state);
      current = { ...current, ...change, state: isBack ? current.state : (change.state ?? current.state) };
      records.update(current);
    };
    const clock = createStepClock(
      (state) => show({ state }),
      () => performance.now(),
    );
    const lateError = (): string => `the verdict did not come within ${deadline?.ms} ms, in step "${current.state}"`;
    const watch = watchVerdict({
      deadline: begin === null ? null : deadline,
      reserveMs: records.savingMs(),
      begin: begin ?? from,
      ending: signal,
      whenLate: () => {
        const error = lateError();
        show({ state: 'Decision', decision: deadline?.lateDecision ?? 'NO_DECISION', late: true, error });
      },
    });
    try {
      const { timings, ...result } = await inspectItem({
        item,
        station,
        pictures,
        tools: options,
        step: clock.step,
        signal: watch.signal,
        ending: signal,
        pictureSaved: (name) => show({ binaries: [...current.binaries, name] }),
        givenSaved,
      });
      const total = performance.now() - from;
      const timings_ms = { ...clock.timings(), ...rounded({ ...timings, total }) };
      // the verdict of the deadline has been told already: it stays, with what was found beside it
      const told = watch.isLate ? { decision: current.decision, error: joined(current.error, result.error) } : {};
      const warnings = [...item.warnings, ...result.warnings];
      current = { ...current, ...result, ...told, warnings, timings_ms };
    } catch (error) {
      log.error({ itemId: item.id, err: error }, 'an inspection failed');
      const sentence = error instanceof AppError ? error.message : `the inspection failed: ${messageOf(error)}`;
      const told = watch.isLate ? {} : { decision: 'NO_DECISION' as const };
      current = { ...current, ...told, error: joined(current.error, sentence), timings_ms: clock.timings() };
    } finally {
      watch.end();
      givenSaved();
    }
    return await finish(current, whenRecorded);
  };

  const store = async (item: Item, picture: Uint8Array, whenRecorded: Promise<void>): Promise<Item> => {
    const { extension, failure } = examinePicture(picture, options.identifyImage);
    const name = `0.${extension}`;
    options.unsavedPictures.add(picture);
    const problem = await savePicture(item, name, picture, options, signal);
    options.unsavedPictures.remove(picture);
    const stored = problem === null ? { binaries: [name], stored_bytes: picture.byteLength } : {};
    return await finish({ ...item, ...stored, error: joined(failure, problem) }, whenRecorded);
  };

  /** Keeps an item among those under way until its work has ended, and lets go of the station then. */
  const follow = (held: HeldStation, id: string, work: Promise<Item>): Promise<Item> => {
    const done = work.finally(() => {
      underWay.delete(id);
      held.release();
      if (underWay.size > 0) return;
      for (const resolve of waitingForQuiet) resolve();
    });
    underWay.set(id, done);
    return done;
  };

  /** Admits an item, or lets go of the station and rejects; resolves when its record is on disk, the work goes on. */
  const run = async (
    held: HeldStation,
    part: Part,
    givenBytes: number,
    work: (item: Item, recorded: Promise<void>) => Promise<Item>,
  ): Promise<string> => {
    try {
      await options.diskRoom.refresh();
      admission.admit(underWay.size, held.station.deadline, givenBytes);
    } catch (error) {
      counts.rejected += 1;
      held.release();
      if (error instanceof AppError && error.code === 'STORAGE_FULL') options.whenFull?.();
      throw error;
    }
    const item = newItem(newId(), held.station, part);
    // the cameras do not wait for the disk: the record is written while the pictures are taken
    const recorded = records.begin(item);
    const done = follow(held, item.id, work(item, recorded));
    done.catch((error: unknown) => log.error({ itemId: item.id, reason: messageOf(error) }, 'an item was refused'));
    await recorded;
    return item.id;
  };

  const begin = async (held: HeldStation, part: Part, given: Map<string, Uint8Array>): Promise<string> => {
    const triggered = performance.now();
    const givenOnDisk = Promise.withResolvers<void>();
    const id = await run(held, part, bytesOf(given.values()), (item, whenRecorded) =>
      inspect({
        item,
        station: held.station,
        pictures: capturedPictures(given),
        whenRecorded,
        givenSaved: givenOnDisk.resolve,
        begin: triggered,
      }),
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
      const id = await run(held, NOBODY_SAID, picture.byteLength, (item, recorded) => store(item, picture, recorded));
      await underWay.get(id);
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
        whenRecorded: Promise.resolve(),
        givenSaved: () => undefined,
        begin: null,
      };
      return follow(held, item.id, inspect(begun));
    },
    finished: (itemId) => underWay.get(itemId),
    counts: () => ({ ...counts }),
    quiet(until) {
      if (underWay.size === 0 || until.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const end = (): void => {
          waitingForQuiet.delete(end);
          until.removeEventListener('abort', end);
          resolve();
        };
        waitingForQuiet.add(end);
        until.addEventListener('abort', end, { once: true });
      });
    },
    async drain() {
      admission.close();
      while (underWay.size > 0) await Promise.allSettled([...underWay.values()]);
    },
  };
}

function bytesOf(pictures: Iterable<Uint8Array>): number {
  let sum = 0;
  for (const { byteLength } of pictures) sum += byteLength;
  return sum;
}

function joined(...errors: readonly (string | null)[]): string | null {
  return joinedErrors(errors.filter((error) => error !== null));
}

function rounded(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([key, value]) => [key, milliseconds(value)]));
}

import { AppError, messageOf } from '../domain/errors.ts';
import { type Item, joinedErrors } from '../domain/item.ts';
import type { Log } from '../ports/context.ts';
import type { TelemetrySink } from '../ports/telemetry-sink.ts';
import { examinePicture } from './captured-picture.ts';
import { withDeadline } from './deadline.ts';
import { type InspectionTools, inspectItem, savePicture } from './inspect-item.ts';
import type { ItemRecords } from './item-records.ts';
import { localTime, zonedTime } from './received-time.ts';
import { createStepClock, milliseconds } from './run-step.ts';
import type { Station } from './station.ts';

/** What a trigger says of the part before the cameras. */
export interface Part {
  readonly serialNumber: string | null;
  readonly category: string | null;
  /** Who sends the same key again gets the same item; null: every trigger is another part. */
  readonly idempotencyKey: string | null;
}

/** A station that stays open as long as it is held. */
export interface HeldStation {
  readonly station: Station;
  release(): void;
}

/** Inspections under way: begun by a trigger, ended by `Done`. */
export interface Inspections {
  /**
   * Begins an inspection: the cameras are triggered now. Resolves with the item's id when its record is on disk; the
   * inspection goes on behind it and lets go of the station at its end. A part whose idempotency key is known begins
   * nothing: its item is the one that there is. Rejects with `QUEUE_FULL` or `STATION_CLOSING`.
   */
  begin(held: HeldStation, part: Part, given: Map<string, Uint8Array>): Promise<string>;
  /** Keeps a picture as binary `0` of a new item that nobody inspects. */
  keep(held: HeldStation, picture: Uint8Array): Promise<string>;
  /** Resolves with an item under way when it is `Done`; undefined when it is not under way. */
  finished(itemId: string): Promise<Item> | undefined;
  /** Why the last telemetry message was not delivered; null when it was. */
  telemetryFailure(): string | null;
  /** Takes no more triggers and resolves when all that is under way is done. */
  drain(): Promise<void>;
}

export interface InspectionsOptions extends InspectionTools {
  readonly records: ItemRecords;
  readonly telemetrySink: TelemetrySink;
  readonly telemetryTimeoutMs: number;
  /** Inspections that may be under way at once, in flight and waiting. */
  readonly capacity: number;
  readonly newId: () => string;
  readonly log: Log;
  /** Aborted to end running inspections before their time. */
  readonly signal: AbortSignal;
}

export function createInspections(options: InspectionsOptions): Inspections {
  const { records, telemetrySink, telemetryTimeoutMs, capacity, newId, log, signal } = options;
  const underWay = new Map<string, Promise<Item>>();
  /** Triggers that are being answered, by their key. */
  const answering = new Map<string, Promise<string>>();
  const messages = new Set<Promise<void>>();
  let isClosing = false;
  let telemetryFailure: string | null = null;

  const admit = (): void => {
    if (isClosing) throw new AppError('STATION_CLOSING', 'the station is shutting down and takes no more triggers');
    if (underWay.size >= capacity) {
      throw queueFull(`${underWay.size} inspections are under way or wait, which is all the station takes`);
    }
    if (options.unsavedPictures.isFull) throw queueFull('the disk does not keep up with the pictures');
  };

  /** The trigger was refused, since its record could not be written: nothing is kept of it. */
  const discardPictures = async ({ id, station_config, binaries }: Item): Promise<void> => {
    for (const name of binaries) {
      const key = { config: station_config, itemId: id, name };
      const remove = (limit: AbortSignal): Promise<void> => options.binaryStorage.delete(key, limit);
      await withDeadline(options.writeTimeoutMs, `removing ${name}`, signal, remove).catch((error: unknown) =>
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
    return await records.finish(item);
  };

  const inspect = async (
    item: Item,
    held: HeldStation,
    given: Map<string, Uint8Array>,
    whenRecorded: Promise<void>,
  ): Promise<Item> => {
    const begin = performance.now();
    let current = item;
    const clock = createStepClock(
      (state) => {
        current = { ...current, state };
        records.update(current);
      },
      () => performance.now(),
    );
    try {
      const pictureSaved = (name: string): void => {
        current = { ...current, binaries: [...current.binaries, name] };
        records.update(current);
      };
      const { station } = held;
      const inspection = { item, station, given, tools: options, step: clock.step, signal, pictureSaved };
      const { timings, ...result } = await inspectItem(inspection);
      const total = performance.now() - begin;
      current = { ...current, ...result, timings_ms: { ...clock.timings(), ...rounded({ ...timings, total }) } };
    } catch (error) {
      log.error({ itemId: item.id, err: error }, 'an inspection failed');
      const sentence = error instanceof AppError ? error.message : `the inspection failed: ${messageOf(error)}`;
      current = { ...current, decision: 'NO_DECISION', error: sentence, timings_ms: clock.timings() };
    }
    return await finish(current, whenRecorded);
  };

  const store = async (item: Item, picture: Uint8Array, whenRecorded: Promise<void>): Promise<Item> => {
    const { extension, failure } = examinePicture(picture, options.identifyImage);
    const name = `0.${extension}`;
    options.unsavedPictures.add(picture);
    const problem = await savePicture(item, name, picture, options, signal);
    options.unsavedPictures.remove(picture);
    const error = joinedErrors([failure, problem].filter((sentence) => sentence !== null));
    return await finish({ ...item, binaries: problem === null ? [name] : [], error }, whenRecorded);
  };

  const tell = (item: Item): void => {
    if (item.decision === null) return;
    const message = { item_id: item.id, config: item.station_config, decision: item.decision };
    const telemetry = { message, receivedAt: new Date(item.received_at) };
    const sent = withDeadline(telemetryTimeoutMs, 'telemetry', signal, (limit) =>
      telemetrySink.send([telemetry], limit),
    )
      .then(() => {
        telemetryFailure = null;
      })
      .catch((error: unknown) => {
        telemetryFailure = messageOf(error);
        log.warn({ itemId: item.id, reason: telemetryFailure }, 'telemetry was not delivered');
      })
      .finally(() => messages.delete(sent));
    messages.add(sent);
  };

  /** Admits an item, or lets go of the station and rejects; resolves when its record is on disk, the work goes on. */
  const run = async (
    held: HeldStation,
    part: Part,
    work: (item: Item, recorded: Promise<void>) => Promise<Item>,
  ): Promise<string> => {
    try {
      admit();
    } catch (error) {
      held.release();
      throw error;
    }
    const item = newItem(newId(), held.station, part);
    // the cameras do not wait for the disk: the record is written while the pictures are taken
    const recorded = records.begin(item);
    const done = work(item, recorded).finally(() => {
      underWay.delete(item.id);
      held.release();
    });
    underWay.set(item.id, done);
    done.then(tell, (error: unknown) =>
      log.error({ itemId: item.id, reason: messageOf(error) }, 'an item was refused'),
    );
    await recorded;
    return item.id;
  };

  const begin: Inspections['begin'] = (held, part, given) =>
    run(held, part, (item, recorded) => inspect(item, held, given, recorded));

  /** Begins, unless the key is known already. */
  const beginOrFind = async (key: string, held: HeldStation, start: () => Promise<string>): Promise<string> => {
    let known: string | undefined;
    try {
      known = await records.idOfKey(key);
    } catch (error) {
      held.release();
      throw error;
    }
    if (known === undefined) return await start();
    held.release();
    return known;
  };

  /** Triggers with one key that arrive together share one answer, also a refusal. */
  const beginOnce = async (key: string, held: HeldStation, start: () => Promise<string>): Promise<string> => {
    const shared = answering.get(key);
    if (shared !== undefined) {
      held.release();
      return await shared;
    }
    const answer = beginOrFind(key, held, start).finally(() => answering.delete(key));
    answering.set(key, answer);
    return await answer;
  };

  return {
    begin(held, part, given) {
      const start = (): Promise<string> => begin(held, part, given);
      return part.idempotencyKey === null ? start() : beginOnce(part.idempotencyKey, held, start);
    },
    async keep(held, picture) {
      const id = await run(held, NOBODY_SAID, (item, recorded) => store(item, picture, recorded));
      await underWay.get(id);
      return id;
    },
    finished: (itemId) => underWay.get(itemId),
    telemetryFailure: () => telemetryFailure,
    async drain() {
      isClosing = true;
      await Promise.allSettled([...underWay.values()]);
      await Promise.allSettled([...messages]);
    },
  };
}

function queueFull(why: string): AppError {
  return new AppError('QUEUE_FULL', `${why}; try again soon`, { details: { retry_after_seconds: 1 } });
}

const NOBODY_SAID: Part = { serialNumber: null, category: null, idempotencyKey: null };

function newItem(id: string, station: Station, { serialNumber, category, idempotencyKey }: Part): Item {
  const now = new Date();
  return {
    id,
    serial_number: serialNumber,
    category,
    idempotency_key: idempotencyKey,
    station_config: station.configName,
    cameras: Object.fromEntries(station.cameras.map((camera) => [camera.id, camera.metadata])),
    received_time: localTime(now),
    received_at: zonedTime(now),
    inferences: {},
    camera_decisions: {},
    decision: null,
    state: 'Capture',
    error: null,
    warnings: [],
    binaries: [],
    timings_ms: {},
    config_digest: station.configDigest,
    models: Object.fromEntries(station.cameras.flatMap(({ models }) => models.map(modelRecord))),
  };
}

function modelRecord({
  model,
  loaded,
}: Station['cameras'][number]['models'][number]): [string, Item['models'][string]] {
  return [model.name, { name: model.name, version: model.version, digest: loaded.digest }];
}

function rounded(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([key, value]) => [key, milliseconds(value)]));
}

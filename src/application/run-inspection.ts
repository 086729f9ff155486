import { AppError, messageOf } from '../domain/errors.ts';
import { ITEM_STATES, type Item, joinedErrors } from '../domain/item.ts';
import type { Log } from '../ports/context.ts';
import { examinePicture } from './captured-picture.ts';
import { type InspectionTools, inspectItem, savePicture } from './inspect-item.ts';
import type { ItemRecords } from './item-records.ts';
import type { PictureSource } from './picture-sources.ts';
import { createStepClock, milliseconds } from './run-step.ts';
import type { Station } from './station.ts';
import { watchVerdict } from './verdict-deadline.ts';

export interface RunTools extends InspectionTools {
  readonly records: ItemRecords;
  readonly log: Log;
  /** Aborted to end running inspections before their time. */
  readonly signal: AbortSignal;
}

/** One inspection as it is begun. */
export interface Begun {
  readonly item: Item;
  readonly station: Station;
  readonly pictures: PictureSource;
  /** Called when the pictures that came with the trigger are on disk, or will never be. */
  readonly givenSaved: () => void;
  /** When its trigger came, as `performance.now()` counts; null: in an earlier run, so that its time is over already. */
  readonly begin: number | null;
}

/**
 * Takes an item from its capture to its decision, showing every step in the records; the deadline decides it when the
 * rules have not. Resolves with the item as it is to be saved, also when something failed; never rejects.
 */
export async function runInspection(begun: Begun, tools: RunTools): Promise<Item> {
  const { item, station, pictures, givenSaved, begin } = begun;
  const { records, log, signal } = tools;
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
      tools,
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
    return { ...current, ...result, ...told, warnings, timings_ms };
  } catch (error) {
    log.error({ itemId: item.id, err: error }, 'an inspection failed');
    const sentence = error instanceof AppError ? error.message : `the inspection failed: ${messageOf(error)}`;
    const told = watch.isLate ? {} : { decision: 'NO_DECISION' as const };
    return { ...current, ...told, error: joined(current.error, sentence), timings_ms: clock.timings() };
  } finally {
    watch.end();
    givenSaved();
  }
}

/** Saves a picture as binary `0` of an item that nobody inspects. Resolves with the item as it is to be saved; never rejects. */
export async function keepPicture(item: Item, picture: Uint8Array, tools: RunTools): Promise<Item> {
  const { extension, failure } = examinePicture(picture, tools.identifyImage);
  const name = `0.${extension}`;
  tools.unsavedPictures.add(picture);
  const problem = await savePicture(item, name, picture, tools, tools.signal);
  tools.unsavedPictures.remove(picture);
  const stored = problem === null ? { binaries: [name], stored_bytes: picture.byteLength } : {};
  return { ...item, ...stored, error: joined(failure, problem) };
}

function joined(...errors: readonly (string | null)[]): string | null {
  return joinedErrors(errors.filter((error) => error !== null));
}

function rounded(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([key, value]) => [key, milliseconds(value)]));
}

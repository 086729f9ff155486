import type { Decision } from '../domain/decision.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import { type CameraDecision, type Item, joinedErrors, withoutOk } from '../domain/item.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import { type CapturedPicture, examinePicture, type IdentifyImage } from './captured-picture.ts';
import { withDeadline } from './deadline.ts';
import { type GraphOutcome, runModelGraph } from './run-model-graph.ts';
import type { RunStep } from './run-step.ts';
import type { Station, StationCamera } from './station.ts';
import type { Release, Turns } from './turns.ts';

/** What an inspection needs beside its station. */
export interface InspectionTools {
  readonly binaryStorage: BinaryStorage;
  readonly identifyImage: IdentifyImage;
  /** Longest time one write may take, in milliseconds. */
  readonly writeTimeoutMs: number;
  /** Places for pictures that are taken and not yet saved: what bounds the memory of a burst. */
  readonly unsavedPictures: Turns;
  /** Places for inspections whose models run. */
  readonly inFlight: Turns;
}

/** What one camera gave for the item. */
interface View {
  readonly camera: StationCamera;
  /** Null when there is none, or when it waits on disk. */
  readonly picture: CapturedPicture | null;
  /** Why there is no picture to inspect; null when there is one. */
  readonly failure: string | null;
}

/** What became of one camera's picture on its way to the binary storage; holds no picture. */
interface SavedView {
  readonly camera: StationCamera;
  /** Null when nothing was stored. */
  readonly storedName: string | null;
  /** What went wrong so far, one sentence each. */
  readonly failures: readonly string[];
}

/** What an inspection found out: everything of the item but its state. */
export type InspectionResult = Pick<
  Item,
  'inferences' | 'camera_decisions' | 'decision' | 'error' | 'warnings' | 'binaries'
> & { readonly timings: Readonly<Record<string, number>> };

/**
 * THE pipeline: the steps of an inspection in order. What fails becomes part of the result, so this rejects only for
 * a bug or a cancelled inspection. `given` holds the pictures that came with the trigger, by camera id; they are taken
 * out of it. `pictureSaved` hears the name of each picture as soon as it is stored.
 */
export async function inspectItem(
  item: Item,
  station: Station,
  given: Map<string, Uint8Array>,
  tools: InspectionTools,
  step: RunStep,
  signal: AbortSignal,
  pictureSaved: (name: string) => void = () => undefined,
): Promise<InspectionResult> {
  const { views, saving, release } = await takePictures(item, station, given, tools, step, signal, pictureSaved);
  try {
    const outcomes = await step('Inference', async () => runModels(await views(), signal));
    const saved = await saving;
    return await step('Decision', async () => decide(saved, outcomes, station));
  } finally {
    release();
  }
}

interface PicturesTaken {
  /** The pictures to inspect; those that had to wait for a place are read back from the storage. */
  views(): Promise<readonly View[]>;
  readonly saving: Promise<readonly SavedView[]>;
  /** Gives the place in flight back. */
  readonly release: Release;
}

/**
 * Takes the pictures now, and resolves when the models may look at them. Where there is a place in flight that is at
 * once, beside the saving. Where there is none, the item waits with its pictures saved and out of memory.
 */
async function takePictures(
  item: Item,
  station: Station,
  given: Map<string, Uint8Array>,
  tools: InspectionTools,
  step: RunStep,
  signal: AbortSignal,
  pictureSaved: (name: string) => void,
): Promise<PicturesTaken> {
  const place = await tools.unsavedPictures.take();
  let captured: readonly View[];
  try {
    captured = await step('Capture', () => capture(station, given, tools, signal));
  } catch (error) {
    place();
    throw error;
  }
  const saving = step('Save Binaries', () => save(item, captured, tools, signal, pictureSaved)).finally(place);
  const free = tools.inFlight.tryTake();
  if (free !== null) return { views: async () => captured, saving, release: free };
  const saved = await saving;
  captured = captured.map((view, index) => parked(view, saved[index]));
  const release = await tools.inFlight.take();
  return { views: () => readBack(item, captured, saved, tools, signal), saving, release };
}

async function capture(
  station: Station,
  given: Map<string, Uint8Array>,
  tools: InspectionTools,
  signal: AbortSignal,
): Promise<readonly View[]> {
  const captureOne = async (camera: StationCamera): Promise<View> => {
    const provided = given.get(camera.id);
    given.delete(camera.id);
    try {
      const bytes = provided ?? (await camera.capture(signal));
      const picture = examinePicture(bytes, tools.identifyImage);
      return { camera, picture, failure: picture.failure };
    } catch (error) {
      return { camera, picture: null, failure: messageOf(error) };
    }
  };
  return await Promise.all(station.cameras.map(captureOne));
}

async function save(
  item: Item,
  views: readonly View[],
  tools: InspectionTools,
  signal: AbortSignal,
  pictureSaved: (name: string) => void,
): Promise<readonly SavedView[]> {
  const saveOne = async ({ camera, picture, failure }: View): Promise<SavedView> => {
    const failures = failure === null ? [] : [failure];
    if (picture === null) return { camera, storedName: null, failures };
    const name = `${camera.id}.${picture.extension}`;
    const problem = await savePicture(item, name, picture.bytes, tools, signal);
    if (problem === null) {
      pictureSaved(name);
      return { camera, storedName: name, failures };
    }
    return { camera, storedName: null, failures: [...failures, problem] };
  };
  return await Promise.all(views.map(saveOne));
}

/** Stores one picture of an item; resolves with the sentence of what went wrong, or null. */
export async function savePicture(
  item: Item,
  name: string,
  bytes: Uint8Array,
  { binaryStorage, writeTimeoutMs }: Pick<InspectionTools, 'binaryStorage' | 'writeTimeoutMs'>,
  signal: AbortSignal,
): Promise<string | null> {
  const key = { config: item.station_config, itemId: item.id, name };
  try {
    await withDeadline(writeTimeoutMs, `saving ${name}`, signal, (limit) => binaryStorage.put(key, bytes, limit));
    return null;
  } catch (error) {
    return `the picture could not be saved: ${messageOf(error)}`;
  }
}

/** The view without its picture, which waits on disk; one that could not be saved is all there is of it and stays. */
function parked(view: View, saved: SavedView | undefined): View {
  return saved?.storedName === null ? view : { ...view, picture: null };
}

async function readBack(
  item: Item,
  views: readonly View[],
  saved: readonly SavedView[],
  { binaryStorage, identifyImage, writeTimeoutMs }: InspectionTools,
  signal: AbortSignal,
): Promise<readonly View[]> {
  const readOne = async (view: View, index: number): Promise<View> => {
    const name = saved[index]?.storedName ?? null;
    if (name === null || view.failure !== null) return view;
    const key = { config: item.station_config, itemId: item.id, name };
    try {
      const read = (limit: AbortSignal): Promise<Uint8Array | undefined> => binaryStorage.get(key, limit);
      const bytes = await withDeadline(writeTimeoutMs, `reading ${name}`, signal, read);
      if (bytes === undefined) throw new AppError('BINARY_NOT_FOUND', 'it is gone from the storage');
      const picture = examinePicture(bytes, identifyImage);
      if (picture.failure !== null) throw new AppError('IMAGE_UNREADABLE', picture.failure);
      return { ...view, picture };
    } catch (error) {
      return { ...view, failure: `the saved picture could not be read back: ${messageOf(error)}` };
    }
  };
  return await Promise.all(views.map(readOne));
}

interface CameraOutcome extends GraphOutcome {
  readonly cameraId: string;
}

async function runModels(views: readonly View[], signal: AbortSignal): Promise<readonly CameraOutcome[]> {
  const run = async ({ camera, picture, failure }: View): Promise<CameraOutcome> => {
    if (!picture?.image) return { ...NOTHING_RUN, cameraId: camera.id, failures: failure === null ? [] : [failure] };
    const outcome = await runModelGraph(camera.models, picture.image, signal);
    return { ...outcome, cameraId: camera.id };
  };
  return await Promise.all(views.map(run));
}

const NOTHING_RUN: GraphOutcome = { results: {}, labels: null, failures: [], warnings: [], timings: {} };

function decide(saved: readonly SavedView[], outcomes: readonly CameraOutcome[], station: Station): InspectionResult {
  const cameraDecisions: Record<string, CameraDecision> = {};
  const inferences: Record<string, GraphOutcome['results']> = {};
  const errors: string[] = [];
  for (const [index, { camera, failures }] of saved.entries()) {
    const outcome = outcomes[index] ?? NOTHING_RUN;
    const { failed, ...judged } = decideCamera(camera, outcome.labels, [
      ...new Set([...failures, ...outcome.failures]),
    ]);
    errors.push(...failed.map((reason) => ofCamera(camera.id, reason)));
    const hasResults = outcome.labels !== null || Object.keys(outcome.results).length > 0;
    if (hasResults) inferences[camera.id] = outcome.results;
    cameraDecisions[camera.id] = judged;
  }
  const decision = decideItem(station, cameraDecisions, errors);
  return {
    inferences,
    camera_decisions: cameraDecisions,
    decision: errors.length > 0 ? withoutOk(decision) : decision,
    error: joinedErrors(errors),
    warnings: outcomes.flatMap(({ cameraId, warnings }) => warnings.map((warning) => ofCamera(cameraId, warning))),
    binaries: saved.flatMap(({ storedName }) => storedName ?? []),
    timings: summed(outcomes.map(({ timings }) => timings)),
  };
}

function ofCamera(cameraId: string, sentence: string): string {
  return `camera "${cameraId}": ${sentence}`;
}

function decideCamera(
  camera: StationCamera,
  labels: readonly string[] | null,
  failures: readonly string[],
): CameraDecision & { readonly failed: readonly string[] } {
  const undecided = (failed: readonly string[]) => {
    return { decision: 'NO_DECISION', reason: joinedErrors(failed) ?? '', failed } as const;
  };
  if (failures.length > 0) return undecided(failures);
  if (labels === null) return undecided(['its models gave no result']);
  try {
    return { decision: camera.rule(labels), reason: `${camera.ruleName}: ${seen(labels)}`, failed: [] };
  } catch (error) {
    return undecided([`${camera.ruleName} failed: ${messageOf(error)}`]);
  }
}

/** The rule's decision; a rule that throws is one of the errors, and decides nothing. */
function decideItem(station: Station, cameras: Readonly<Record<string, CameraDecision>>, errors: string[]): Decision {
  try {
    return station.itemRule(Object.values(cameras).map(({ decision }) => decision));
  } catch (error) {
    errors.push(`the item rule failed: ${messageOf(error)}`);
    return 'NO_DECISION';
  }
}

function seen(labels: readonly string[]): string {
  if (labels.length === 0) return 'nothing seen';
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return `seen ${[...counts].map(([label, count]) => (count === 1 ? label : `${count} × ${label}`)).join(', ')}`;
}

function summed(parts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const part of parts) for (const [key, value] of Object.entries(part)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

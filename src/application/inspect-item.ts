import { AppError, messageOf } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import { type CapturedPicture, examinePicture, type IdentifyImage } from './captured-picture.ts';
import { withDeadline } from './deadline.ts';
import { type CameraOutcome, decide, type InspectionResult, NOTHING_RUN, type SavedView } from './decide-item.ts';
import { type PictureSource, storedPicture } from './picture-sources.ts';
import { runModelGraph } from './run-model-graph.ts';
import type { RunStep } from './run-step.ts';
import type { Station, StationCamera } from './station.ts';
import type { Release, Turns } from './turns.ts';
import type { UnsavedPictures } from './unsaved-pictures.ts';

/** What every inspection needs beside its station. */
export interface InspectionTools {
  readonly binaryStorage: BinaryStorage;
  readonly identifyImage: IdentifyImage;
  /** Longest time one access to the storage may take, in milliseconds. */
  readonly writeTimeoutMs: number;
  readonly unsavedPictures: UnsavedPictures;
  /** Places for inspections whose models run. */
  readonly inFlight: Turns;
  /** Puts an item whose models run on record, for the case that they end the process; gives what takes it off. */
  readonly running: (itemId: string) => Release;
}

/** One inspection. */
export interface Inspection {
  readonly item: Item;
  readonly station: Station;
  readonly pictures: PictureSource;
  readonly tools: InspectionTools;
  readonly step: RunStep;
  /** Aborted at the item's deadline: captures and models are called off, pictures are saved all the same. */
  readonly signal: AbortSignal;
  /** Aborted when the station ends. */
  readonly ending: AbortSignal;
  /** Hears the name of each picture as soon as it is stored. */
  readonly pictureSaved: (name: string) => void;
  /** Called once the pictures that came with the trigger are stored, or could not be. */
  readonly givenSaved: () => void;
}

/** What one camera gave for the item. */
interface View {
  readonly camera: StationCamera;
  /** Null when there is none, or when it waits on disk. */
  readonly picture: CapturedPicture | null;
  /** Why there is no picture to inspect; null when there is one. */
  readonly failure: string | null;
  /** Name under which it is stored already. */
  readonly storedName: string | null;
  readonly isGiven: boolean;
}

/**
 * THE pipeline: the steps of an inspection in order. What fails becomes part of the result, so this rejects only for
 * a bug or a cancelled inspection.
 */
export async function inspectItem(inspection: Inspection): Promise<InspectionResult> {
  const { item, step, station, signal, tools } = inspection;
  const { views, saving, release } = await takePictures(inspection);
  try {
    const outcomes = await step('Inference', async () => {
      const shown = await views();
      const ended = tools.running(item.id);
      return await runModels(shown, signal).finally(ended);
    });
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
async function takePictures(inspection: Inspection): Promise<PicturesTaken> {
  const { step, tools } = inspection;
  let captured = await step('Capture', () => capture(inspection));
  const saving = step('Save Binaries', () => save(inspection, captured));
  const free = tools.inFlight.tryTake();
  if (free !== null) return { views: async () => captured, saving, release: free };
  const saved = await saving;
  captured = captured.map((view) => ({ ...view, picture: null }));
  try {
    const release = await tools.inFlight.take(inspection.signal);
    return { views: () => readBack(inspection, captured, saved), saving, release };
  } catch (error) {
    // its time is over before its turn came: it takes no place from the others
    const failure = messageOf(error);
    const views = captured.map((view) => ({ ...view, failure: view.failure ?? failure }));
    return { views: async () => views, saving, release: () => undefined };
  }
}

async function capture({ station, pictures, tools, signal }: Inspection): Promise<readonly View[]> {
  const captureOne = async (camera: StationCamera): Promise<View> => {
    try {
      const { bytes, storedName, isGiven } = await pictures(camera, signal);
      if (storedName === null) tools.unsavedPictures.add(bytes);
      const picture = examinePicture(bytes, tools.identifyImage);
      return { camera, picture, failure: picture.failure, storedName, isGiven };
    } catch (error) {
      return { camera, picture: null, failure: messageOf(error), storedName: null, isGiven: false };
    }
  };
  return await Promise.all(station.cameras.map(captureOne));
}

async function save(inspection: Inspection, views: readonly View[]): Promise<readonly SavedView[]> {
  const { item, tools, ending, pictureSaved, givenSaved } = inspection;
  const saveOne = async ({ camera, picture, failure, storedName }: View): Promise<SavedView> => {
    const failures = failure === null ? [] : [failure];
    if (picture === null) return { camera, storedName: null, bytes: 0, failures };
    const bytes = picture.bytes.byteLength;
    if (storedName !== null) return { camera, storedName, bytes, failures };
    const name = `${camera.id}.${picture.extension}`;
    const problem = await savePicture(item, name, picture.bytes, tools, ending);
    tools.unsavedPictures.remove(picture.bytes);
    if (problem !== null) return { camera, storedName: null, bytes: 0, failures: [...failures, problem] };
    pictureSaved(name);
    return { camera, storedName: name, bytes, failures };
  };
  const saving = views.map((view) => ({ isGiven: view.isGiven, saved: saveOne(view) }));
  await Promise.all(saving.map(({ isGiven, saved }) => (isGiven ? saved : undefined)));
  givenSaved();
  return await Promise.all(saving.map(({ saved }) => saved));
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

async function readBack(
  { item, tools, signal }: Inspection,
  views: readonly View[],
  saved: readonly SavedView[],
): Promise<readonly View[]> {
  const { binaryStorage, writeTimeoutMs } = tools;
  const readOne = async (view: View, index: number): Promise<View> => {
    const name = saved[index]?.storedName ?? null;
    if (name === null || view.failure !== null) return view;
    try {
      const bytes = await storedPicture(item, name, binaryStorage, writeTimeoutMs, signal);
      const picture = examinePicture(bytes, tools.identifyImage);
      if (picture.failure !== null) throw new AppError('IMAGE_UNREADABLE', picture.failure);
      return { ...view, picture };
    } catch (error) {
      return { ...view, failure: `the saved picture could not be read back: ${messageOf(error)}` };
    }
  };
  return await Promise.all(views.map(readOne));
}

async function runModels(views: readonly View[], signal: AbortSignal): Promise<readonly CameraOutcome[]> {
  const run = async ({ camera, picture, failure }: View): Promise<CameraOutcome> => {
    if (!picture?.image) return { ...NOTHING_RUN, cameraId: camera.id, failures: failure === null ? [] : [failure] };
    const outcome = await runModelGraph(camera.models, picture.image, signal);
    return { ...outcome, cameraId: camera.id };
  };
  return await Promise.all(views.map(run));
}

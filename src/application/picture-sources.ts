import { AppError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import { withDeadline } from './deadline.ts';
import type { StationCamera } from './station.ts';

/** A picture as it comes to an inspection. */
export interface SourcePicture {
  readonly bytes: Uint8Array;
  /** Its name in the binary storage, where it is already; null for one that is still to be saved. */
  readonly storedName: string | null;
  /** Whether it came with the trigger, which is answered only when it is saved. */
  readonly isGiven: boolean;
}

/** Gives the picture of a camera; rejects with the reason when there is none. */
export type PictureSource = (camera: StationCamera, signal: AbortSignal) => Promise<SourcePicture>;

/** Pictures that came with the trigger, by camera id, and the captures of the other cameras. Given ones are taken out of the map. */
export function capturedPictures(given: Map<string, Uint8Array>): PictureSource {
  return async (camera, signal) => {
    const provided = given.get(camera.id);
    given.delete(camera.id);
    const bytes = provided ?? (await camera.capture(signal));
    return { bytes, storedName: null, isGiven: provided !== undefined };
  };
}

/** Pictures that an earlier run of the station had saved; no camera is asked, since another part stands before it. */
export function storedPictures(item: Item, storage: BinaryStorage, timeoutMs: number): PictureSource {
  return async ({ id }, signal) => {
    const name = item.binaries.find((binary) => binary.slice(0, binary.lastIndexOf('.')) === id);
    if (name === undefined) throw new AppError('BINARY_NOT_FOUND', 'no picture of it had been saved');
    return { bytes: await storedPicture(item, name, storage, timeoutMs, signal), storedName: name, isGiven: false };
  };
}

/** A stored picture of an item. Rejects with `BINARY_NOT_FOUND` when it is gone. */
export async function storedPicture(
  item: Item,
  name: string,
  storage: BinaryStorage,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const key = { config: item.station_config, itemId: item.id, name };
  const bytes = await withDeadline(timeoutMs, `reading ${name}`, signal, (limit) => storage.get(key, limit));
  if (bytes === undefined) throw new AppError('BINARY_NOT_FOUND', 'it is gone from the storage');
  return bytes;
}

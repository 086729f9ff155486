import { AppError } from './errors.ts';

/** Ids that become paths: camera, model and config ids. */
export const PATH_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Names that a camera cannot have: they mean something else in `/upload` and `/trigger`. */
export const RESERVED_CAMERA_IDS: readonly string[] = ['0', 'image', 'serial_number', 'category'];

/** Whether a text may stand in a path or an object name: no separator, no surprise. */
export function isPathId(text: string): boolean {
  return PATH_ID.test(text);
}

const STORED_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$/;

/** Whether a text may be the name of a stored file: an id, a dot and an ending. */
export function isStoredName(text: string): boolean {
  return STORED_NAME.test(text);
}

/** What one stored file of an item is found by, on a disk and in a bucket. */
export interface StoredKey {
  readonly config: string;
  readonly itemId: string;
  /** A picture, or the record of the item. */
  readonly name: string;
}

/** Whether a key is of the form that the product itself stores under. */
export function isStorable({ config, itemId, name }: StoredKey): boolean {
  return isPathId(config) && isPathId(itemId) && isStoredName(name);
}

/** Throws `REFUSED` for a key that is not: no other attempt makes it one. */
export function refuseUnstorable(key: StoredKey): void {
  if (!isStorable(key)) throw new AppError('REFUSED', 'a config, item or file name of this form is never stored');
}

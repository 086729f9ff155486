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

/**
 * The pictures that are in memory and not yet saved. A part is before the camera now, so that a capture never waits;
 * what a slow disk leaves in memory is bounded by refusing triggers instead.
 */
export interface UnsavedPictures {
  add(picture: Uint8Array): void;
  remove(picture: Uint8Array): void;
  /** How much waits for the disk. */
  readonly bytes: number;
  /** Whether so much waits for the disk that no more should be captured. */
  readonly isFull: boolean;
}

/** `maxBytes` is where triggers begin to be refused; what is under way by then may go beyond it. */
export function createUnsavedPictures(maxBytes: number): UnsavedPictures {
  let bytes = 0;
  return {
    add(picture) {
      bytes += picture.byteLength;
    },
    remove(picture) {
      bytes -= picture.byteLength;
    },
    get bytes() {
      return bytes;
    },
    get isFull() {
      return bytes >= maxBytes;
    },
  };
}

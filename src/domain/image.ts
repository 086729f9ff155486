/** What the first bytes of a picture say about it, without decoding it. */
export interface ImageInfo {
  /** The real media type, whatever a file name or a request claimed: `image/jpeg`, `image/png`, … */
  readonly mediaType: string;
  /** Ending of the stored name, without the dot: `jpg`, `png`, … */
  readonly extension: string;
  /** Pixels, as stored (before EXIF orientation). */
  readonly width: number;
  readonly height: number;
  /** False when the file ends before its picture does. */
  readonly complete: boolean;
}

/**
 * One picture on its way through an inspection: its bytes exactly as captured, and what they are.
 * Its identity counts: a model forward decodes a picture once, however many models look at it.
 */
export interface Image extends ImageInfo {
  readonly bytes: Uint8Array;
}

/** A picture above this many pixels is stored, not inspected: decoding it would take the memory of the station. */
export const MAX_INSPECTED_PIXELS = 64_000_000;

/** A map: an ending such as `constructor` is a key of every object. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['jpg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['tiff', 'image/tiff'],
  ['bmp', 'image/bmp'],
]);

/** The media type of a stored picture, which its ending tells; `application/octet-stream` for bytes that are no picture. */
export function mediaTypeOfName(name: string): string {
  return MEDIA_TYPES.get(name.slice(name.lastIndexOf('.') + 1)) ?? 'application/octet-stream';
}

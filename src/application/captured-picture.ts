import type { Image, ImageInfo } from '../domain/image.ts';
import { MAX_INSPECTED_PIXELS } from '../domain/image.ts';

/** What the first bytes of a picture say about it; null for bytes that are no picture the station can read. */
export type IdentifyImage = (bytes: Uint8Array) => ImageInfo | null;

/** What a camera gave for an item. */
export interface CapturedPicture {
  readonly bytes: Uint8Array;
  /** Ending of the stored name: the real type, `bin` for bytes that are no picture. */
  readonly extension: string;
  /** The picture to inspect; null when it cannot be. */
  readonly image: Image | null;
  /** Why it cannot be inspected; null when it can. */
  readonly failure: string | null;
}

export function examinePicture(bytes: Uint8Array, identify: IdentifyImage): CapturedPicture {
  const info = bytes.byteLength === 0 ? null : identify(bytes);
  if (info === null) {
    const what =
      bytes.byteLength === 0 ? 'the picture is empty (0 bytes)' : 'the bytes are no picture that can be read';
    return { bytes, extension: 'bin', image: null, failure: what };
  }
  const failure = failureOf(info);
  return { bytes, extension: info.extension, image: failure === null ? { ...info, bytes } : null, failure };
}

function failureOf({ complete, width, height }: ImageInfo): string | null {
  if (!complete) return 'the picture is truncated';
  if (width * height > MAX_INSPECTED_PIXELS) {
    const megapixels = Math.round((width * height) / 1e6);
    return `the picture has ${megapixels} megapixels; above ${MAX_INSPECTED_PIXELS / 1e6} it is stored, not inspected`;
  }
  return null;
}

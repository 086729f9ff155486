import sharp from 'sharp';
import { AppError, messageOf } from '../domain/errors.ts';
import { type Image, MAX_INSPECTED_PIXELS } from '../domain/image.ts';

/** A decoded picture: 8-bit RGB, rows from the top, no padding. Its memory can be given to worker threads without a copy. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** `width * height * 3` bytes. */
  readonly data: Uint8Array<SharedArrayBuffer>;
}

const DECODE_TIMEOUT_S = 30;
/** Bytes copied at a time: about a millisecond. */
const COPY_PIECE = 4 * 1024 * 1024;

// Every picture is seen once: a cache of operations would only hold memory.
sharp.cache(false);

/**
 * Brings a picture to upright 8-bit RGB: EXIF orientation honoured, alpha dropped, palette, 16 bits, grey and CMYK converted,
 * the first frame of an animation. Colour profiles are ignored, as models are trained on raw pixel values.
 * Rejects with `IMAGE_UNREADABLE`, or `IMAGE_TOO_LARGE` above 64 megapixels.
 */
export async function decodeImage(image: Image): Promise<Pixels> {
  if (image.width * image.height > MAX_INSPECTED_PIXELS) {
    throw new AppError(
      'IMAGE_TOO_LARGE',
      `the picture has ${image.width} x ${image.height} pixels; at most ${MAX_INSPECTED_PIXELS / 1e6} megapixels are inspected`,
    );
  }
  try {
    const { data, info } = await sharp(image.bytes, { failOn: 'truncated', autoOrient: true, ignoreIcc: true })
      .timeout({ seconds: DECODE_TIMEOUT_S })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: await sharedCopy(data) };
  } catch (cause) {
    throw new AppError('IMAGE_UNREADABLE', `the picture cannot be decoded: ${firstLine(cause)}`, { cause });
  }
}

/** Decodes each picture once, however many models look at it and whenever they ask, for as long as the picture is in use. */
export function createImageDecoder(): (image: Image) => Promise<Pixels> {
  const decoded = new WeakMap<Image, Promise<Pixels>>();
  return (image) => {
    const known = decoded.get(image);
    if (known !== undefined) return known;
    const pixels = decodeImage(image);
    decoded.set(image, pixels);
    return pixels;
  };
}

/** A copy in shared memory, made in pieces so that a large picture does not hold up the event loop. */
async function sharedCopy(data: Uint8Array): Promise<Pixels['data']> {
  const shared = new Uint8Array(new SharedArrayBuffer(data.length));
  for (let start = 0; start < data.length; start += COPY_PIECE) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve));
    shared.set(data.subarray(start, start + COPY_PIECE), start);
  }
  return shared;
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}

import { hash } from 'node:crypto';
import { AppError } from '../../../domain/errors.ts';
import { decodeImage, type Pixels } from '../../../vision/decode-image.ts';
import { identifyImage } from '../../../vision/identify-image.ts';

interface Entry {
  readonly pixels: Promise<Pixels>;
  /** Decoded; 0 while that is under way. */
  bytes: number;
}

/**
 * Decodes pictures that come as bytes. The latest ones are kept, up to `maxBytes` of pixels: the models of a graph, and the
 * crops of one picture, each come as a request of their own with the same bytes. Rejects with `IMAGE_UNREADABLE` or
 * `IMAGE_TOO_LARGE`.
 */
export function createRecentPictures(maxBytes: number): (bytes: Uint8Array) => Promise<Pixels> {
  const entries = new Map<string, Entry>();
  let total = 0;

  function remove(key: string, entry: Entry): void {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    total -= entry.bytes;
  }

  return (bytes) => {
    const key = hash('sha256', bytes);
    const known = entries.get(key);
    if (known !== undefined) {
      // Last in line to be forgotten.
      entries.delete(key);
      entries.set(key, known);
      return known.pixels;
    }
    const entry: Entry = { pixels: decoded(bytes), bytes: 0 };
    entries.set(key, entry);
    entry.pixels.then(
      ({ data }) => {
        entry.bytes = data.length;
        total += data.length;
        for (const [oldKey, old] of entries) {
          if (total <= maxBytes) return;
          remove(oldKey, old);
        }
      },
      () => remove(key, entry),
    );
    return entry.pixels;
  };
}

async function decoded(bytes: Uint8Array): Promise<Pixels> {
  const info = identifyImage(bytes);
  if (info === null)
    throw new AppError('IMAGE_UNREADABLE', 'the picture cannot be decoded: these bytes are no picture');
  return await decodeImage({ ...info, bytes });
}

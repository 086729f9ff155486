import { imageSize } from 'image-size';
import type { ImageInfo } from '../domain/image.ts';

interface Format {
  readonly mediaType: string;
  readonly extension: string;
  /** Bytes that a file of this format begins with; null stands for any byte. */
  readonly signatures: readonly (readonly (number | null)[])[];
}

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const ANY_4 = [null, null, null, null] as const;

const FORMATS: readonly Format[] = [
  { mediaType: 'image/jpeg', extension: 'jpg', signatures: [[0xff, 0xd8, 0xff]] },
  { mediaType: 'image/png', extension: 'png', signatures: [[0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a]] },
  { mediaType: 'image/webp', extension: 'webp', signatures: [[...ascii('RIFF'), ...ANY_4, ...ascii('WEBP')]] },
  { mediaType: 'image/gif', extension: 'gif', signatures: [ascii('GIF87a'), ascii('GIF89a')] },
  { mediaType: 'image/tiff', extension: 'tiff', signatures: [ascii('II*\0'), ascii('MM\0*')] },
  { mediaType: 'image/bmp', extension: 'bmp', signatures: [[...ascii('BM'), ...ANY_4, 0, 0, 0, 0]] },
];

/**
 * What a picture's own bytes say about it; null for bytes that are no raster image the product knows.
 * Only headers are read, and for `complete` the end of a JPEG or PNG; nothing is decoded.
 */
export function identifyImage(bytes: Uint8Array): ImageInfo | null {
  const format = FORMATS.find(({ signatures }) => signatures.some((signature) => startsWith(bytes, signature)));
  if (format === undefined) return null;
  const size = sizeOf(bytes);
  if (size === null) return null;
  const { mediaType, extension } = format;
  return { mediaType, extension, ...size, complete: isComplete(bytes, mediaType) };
}

function startsWith(bytes: Uint8Array, signature: readonly (number | null)[]): boolean {
  return signature.every((byte, index) => (byte === null ? index < bytes.length : bytes[index] === byte));
}

function sizeOf(bytes: Uint8Array): { width: number; height: number } | null {
  try {
    const { width, height } = imageSize(bytes);
    return width > 0 && height > 0 ? { width, height } : null;
  } catch {
    // The headers are broken or cut off: no image, whatever the first bytes promise.
    return null;
  }
}

function isComplete(bytes: Uint8Array, mediaType: string): boolean {
  if (mediaType === 'image/jpeg') return jpegEnds(bytes);
  if (mediaType === 'image/png')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf('IEND') > 0;
  return true;
}

function jpegEnds(bytes: Uint8Array): boolean {
  if (bytes[bytes.length - 2] === 0xff && bytes[bytes.length - 1] === 0xd9) return true;
  // Some cameras pad the file, and a thumbnail inside the headers has an end marker of its own: walk the real markers.
  let offset = 2;
  while (offset + 1 < bytes.length) {
    if (bytes[offset] !== 0xff) return false;
    const marker = bytes[offset + 1] ?? 0;
    if (marker === 0xd9) return true;
    if (marker === 0xff) {
      offset += 1;
      continue;
    }
    offset += 2 + ((bytes[offset + 2] ?? 0) << 8) + (bytes[offset + 3] ?? 0);
    if (marker === 0xda) offset = endOfScan(bytes, offset);
  }
  return false;
}

/** Where the entropy-coded data of a scan ends: the next marker that is no stuffed zero and no restart. */
function endOfScan(bytes: Uint8Array, start: number): number {
  let offset = bytes.indexOf(0xff, start);
  while (offset >= 0) {
    const next = bytes[offset + 1];
    if (next === undefined) break;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return offset;
    offset = bytes.indexOf(0xff, offset + 2);
  }
  return bytes.length;
}

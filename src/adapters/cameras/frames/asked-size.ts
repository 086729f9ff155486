import { identifyImage } from '../../../vision/identify-image.ts';
import type { VideoFormat } from './v4l2-devices.ts';

/** Width and height of pictures in pixels, as far as a config asks for them. */
export interface AskedSize {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

const matches = (size: { readonly width: number; readonly height: number }, { width, height }: AskedSize): boolean =>
  (width === undefined || width === size.width) && (height === undefined || height === size.height);

const shown = ({ width, height }: AskedSize): string => `${width ?? 'any'}x${height ?? 'any'}`;

/**
 * The size to set on a device, such as `1280x720`; null: the one it has. With one side alone, the largest of its sizes that
 * has it. Throws when there is none, with a sentence that follows the name of the camera.
 */
export function sizeToSet(asked: AskedSize, formats: readonly VideoFormat[]): string | null {
  if (asked.width === undefined && asked.height === undefined) return null;
  if (asked.width !== undefined && asked.height !== undefined) return shown(asked);
  const listed = formats.flatMap(({ sizes }) => sizes);
  const [largest] = listed
    .map((size) => size.split('x').map(Number))
    .map(([width = 0, height = 0]) => ({ width, height }))
    .filter((size) => matches(size, asked))
    .toSorted((a, b) => b.width * b.height - a.width * a.height);
  if (largest !== undefined) return shown(largest);
  throw new Error(
    listed.length === 0
      ? 'does not say which sizes it has: give both width and height'
      : `has no size ${shown(asked)}, but ${[...new Set(listed)].join(', ')}`,
  );
}

/** What a picture says about a device that took another size than the one it was asked for; null when it did not. */
export function otherSize(picture: Uint8Array, asked: AskedSize): string | null {
  const size = identifyImage(picture);
  if (size === null || matches(size, asked)) return null;
  return `size ${shown(asked)} was refused: its pictures are ${shown(size)}`;
}

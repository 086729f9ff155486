import type { Model } from '../domain/model.ts';
import type { Rgb, Size } from './fit-view.ts';
import type { Layout } from './input-tensor.ts';

/** What a model says of the picture it takes. */
export interface PictureInput {
  /** Length of each axis; null where the model leaves it open. */
  readonly shape: readonly (number | null)[];
}

const COLOURS = 3;

/** How the picture lies in the input. Throws the reason why it is no picture. */
export function layoutOf({ shape }: PictureInput): Layout {
  if (shape.length === 4 && (shape[0] === 1 || shape[0] === null)) {
    if (shape[3] === COLOURS) return 'NHWC';
    if (shape[1] === COLOURS) return 'NCHW';
  }
  const found = shape.map((axis) => axis ?? '?').join(', ');
  throw new Error(
    `its input [${found}] is no picture of three colours, [1, height, width, 3] or [1, 3, height, width]`,
  );
}

/** The size the model takes, `[width, height]`; null for a detector that takes pictures as they are. Throws the reason why it is none. */
export function sizeOf(model: Model, { shape }: PictureInput, layout: Layout): Size | null {
  const [height, width] = layout === 'NHWC' ? [shape[1], shape[2]] : [shape[2], shape[3]];
  const wanted = model.imageResolution;
  const contradicts = (axis: number | null | undefined, length: number): boolean => (axis ?? length) !== length;
  if (wanted !== null && (contradicts(width, wanted[0]) || contradicts(height, wanted[1]))) {
    const found = `[${width ?? 'any'}, ${height ?? 'any'}]`;
    throw new Error(`image_resolution is [${wanted.join(', ')}], but it takes ${found} (width, height)`);
  }
  if (wanted !== null) return wanted;
  if (typeof width === 'number' && typeof height === 'number') return [width, height];
  if (model.category === 'object_detection_with_classification') return null;
  throw new Error('it leaves the size of its input open: set "image_resolution" in the inventory');
}

/** The axes for a picture of this size. */
export function shapeFor(layout: Layout, { width, height }: Pick<Rgb, 'width' | 'height'>): readonly number[] {
  return layout === 'NHWC' ? [1, height, width, COLOURS] : [1, COLOURS, height, width];
}

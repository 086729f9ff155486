import sharp from 'sharp';
import type { Resize } from '../domain/model.ts';
import type { Location } from '../domain/prediction.ts';

/** 8-bit RGB pixels in any memory. */
export interface Rgb {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Where the model's input lies on the view: `view = input * scale + offset`, both in fractions, per axis. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

export interface FittedView extends Rgb {
  readonly placement: Placement;
}

export type Size = readonly [width: number, height: number];

/** The grey of the bars around a letterboxed view, the one yolo models are trained with. */
const BAR_GREY = 114;
const SAME_PLACE: Placement = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };

/** The part of a picture that a box names, at least one pixel of it; the picture itself, uncopied, where there is no box. */
export function cropView(pixels: Rgb, box: Location | null): Rgb {
  if (box === null) return pixels;
  const left = Math.min(pixels.width - 1, Math.round(box[0] * pixels.width));
  const top = Math.min(pixels.height - 1, Math.round(box[1] * pixels.height));
  const width = Math.max(1, Math.min(pixels.width, Math.round(box[2] * pixels.width)) - left);
  const height = Math.max(1, Math.min(pixels.height, Math.round(box[3] * pixels.height)) - top);
  if (width === pixels.width && height === pixels.height) return pixels;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    const start = ((top + row) * pixels.width + left) * 3;
    data.set(pixels.data.subarray(start, start + width * 3), row * width * 3);
  }
  return { width, height, data };
}

/** Gives a view the size a model takes (Lanczos3); a view that has it, or a model that takes any (`size` null), costs nothing. */
export async function fitView(view: Rgb, size: Size | null, resize: Resize): Promise<FittedView> {
  if (size === null || (view.width === size[0] && view.height === size[1])) return { ...view, placement: SAME_PLACE };
  const [width, height] = size;
  const [scaledWidth, scaledHeight] = scaledSize(view, size, resize);
  const left = Math.floor((scaledWidth - width) / 2);
  const top = Math.floor((scaledHeight - height) / 2);
  const pipeline = sharp(view.data, { raw: { width: view.width, height: view.height, channels: 3 } }).resize(
    scaledWidth,
    scaledHeight,
    { fit: 'fill', kernel: 'lanczos3' },
  );
  if (resize === 'cover') pipeline.extract({ left, top, width, height });
  if (resize === 'letterbox') {
    const background = { r: BAR_GREY, g: BAR_GREY, b: BAR_GREY };
    const right = width - scaledWidth + left;
    const bottom = height - scaledHeight + top;
    pipeline.extend({ left: -left, top: -top, right, bottom, background });
  }
  const data = await pipeline.raw().toBuffer();
  const placement = {
    scaleX: width / scaledWidth,
    scaleY: height / scaledHeight,
    offsetX: left / scaledWidth,
    offsetY: top / scaledHeight,
  };
  return { width, height, data, placement };
}

/** Size of the whole view before it is cut (`cover`) or surrounded by bars (`letterbox`). */
function scaledSize(view: Rgb, [width, height]: Size, resize: Resize): Size {
  const scaleX = width / view.width;
  const scaleY = height / view.height;
  switch (resize) {
    case 'stretch':
      return [width, height];
    case 'cover': {
      const scale = Math.max(scaleX, scaleY);
      return [Math.max(width, Math.round(view.width * scale)), Math.max(height, Math.round(view.height * scale))];
    }
    case 'letterbox': {
      const scale = Math.min(scaleX, scaleY);
      const fitted = (length: number, limit: number): number =>
        Math.max(1, Math.min(limit, Math.round(length * scale)));
      return [fitted(view.width, width), fitted(view.height, height)];
    }
    default:
      return resize satisfies never;
  }
}

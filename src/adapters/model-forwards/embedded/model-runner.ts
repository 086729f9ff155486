import type { Model } from '../../../domain/model.ts';
import type { Location, Prediction } from '../../../domain/prediction.ts';
import { cropView, type FittedView, fitView, type Rgb, type Size } from '../../../vision/fit-view.ts';
import { byteValues, fillInput, type Layout } from '../../../vision/input-tensor.ts';
import { decodeOutputs } from './decode-outputs.ts';
import type { EngineInput, EngineModel } from './engines/engine.ts';

/** A model of the inventory on an engine: from pixels to a prediction. */
export interface ModelRunner {
  /** The prediction with its resize and inference times. */
  run(pixels: Rgb, box: Location | null): Promise<Prediction>;
  release(): Promise<void>;
}

const COLOURS = 3;
/** Side of the picture that warms up a model that takes any size. */
const WARM_UP_SIDE = 320;
const WARM_UP_BYTE = 128;

/** Checks that the file is what the inventory says and runs it once. Rejects with the reason. */
export async function createModelRunner(model: Model, engineModel: EngineModel): Promise<ModelRunner> {
  const { input } = engineModel;
  const layout = layoutOf(input);
  const size = sizeOf(model, input, layout);
  const table = byteValues(input.type, input.quantisation, model.normalization);

  const infer = async (view: FittedView): Promise<Prediction> => {
    const outputs = await engineModel.run(shapeFor(layout, view), (memory) =>
      fillInput(view.data, table, layout, memory),
    );
    return decodeOutputs(model, outputs, [view.width, view.height], view.placement);
  };
  await infer(await fitView(greyView(size), size, model.resize));

  return {
    async run(pixels, box) {
      const start = performance.now();
      const view = await fitView(cropView(pixels, box), size, model.resize);
      const fitted = performance.now();
      const prediction = await infer(view);
      const timingsMs = { resize: fitted - start, model: performance.now() - fitted };
      return { ...prediction, timingsMs };
    },
    release: () => engineModel.release(),
  };
}

function layoutOf({ shape }: EngineInput): Layout {
  if (shape.length === 4 && (shape[0] === 1 || shape[0] === null)) {
    if (shape[3] === COLOURS) return 'NHWC';
    if (shape[1] === COLOURS) return 'NCHW';
  }
  const found = shape.map((axis) => axis ?? '?').join(', ');
  throw new Error(
    `its input [${found}] is no picture of three colours, [1, height, width, 3] or [1, 3, height, width]`,
  );
}

/** The size the model takes, `[width, height]`; null for a detector that takes pictures as they are. */
function sizeOf(model: Model, { shape }: EngineInput, layout: Layout): Size | null {
  const [height, width] = layout === 'NHWC' ? [shape[1], shape[2]] : [shape[2], shape[3]];
  const wanted = model.imageResolution;
  const contradicts = (axis: number | null | undefined, length: number): boolean => (axis ?? length) !== length;
  if (wanted !== null && (contradicts(width, wanted[0]) || contradicts(height, wanted[1]))) {
    const found = `[${width ?? 'any'}, ${height ?? 'any'}]`;
    throw new Error(`image_resolution is [${wanted.join(', ')}], but the file takes ${found} (width, height)`);
  }
  if (wanted !== null) return wanted;
  if (typeof width === 'number' && typeof height === 'number') return [width, height];
  if (model.category === 'object_detection_with_classification') return null;
  throw new Error('the file leaves the size of its input open: set "image_resolution" in the inventory');
}

function shapeFor(layout: Layout, { width, height }: Rgb): readonly number[] {
  return layout === 'NHWC' ? [1, height, width, COLOURS] : [1, COLOURS, height, width];
}

function greyView(size: Size | null): Rgb {
  const [width, height] = size ?? [WARM_UP_SIDE, WARM_UP_SIDE];
  return { width, height, data: new Uint8Array(width * height * COLOURS).fill(WARM_UP_BYTE) };
}

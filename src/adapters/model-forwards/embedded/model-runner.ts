import { AppError } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';
import type { Location, Prediction, PredictionTimings } from '../../../domain/prediction.ts';
import { decodeOutputs, type OutputTensor } from '../../../vision/decode-outputs.ts';
import { cropView, type FittedView, fitView, type Rgb, type Size } from '../../../vision/fit-view.ts';
import {
  byteValues,
  fillInput,
  fillInputWithFloats,
  type InputData,
  nearestBytes,
} from '../../../vision/input-tensor.ts';
import { layoutOf, shapeFor, sizeOf } from '../../../vision/picture-input.ts';
import type { EngineModel } from './engines/engine.ts';
import type { RequestTensor } from './request-tensor.ts';
import { type ServedAnswer, servedAnswer, servedShapes } from './served-answer.ts';
import type { ServedSignature } from './served-signature.ts';

/** A model of the inventory on an engine: from pixels to a prediction. */
export interface ModelRunner {
  /** How the model looks to those that ask it over the network. */
  readonly signature: ServedSignature;
  /** The prediction with its resize and inference times. */
  run(pixels: Rgb, box: Location | null): Promise<Prediction>;
  /** What a server answers to the same view; boxes are fractions of the view. */
  answerPicture(pixels: Rgb, box: Location | null): Promise<ServedAnswer & { readonly timingsMs: PredictionTimings }>;
  /**
   * What a server answers to `[1, height, width, 3]`: x/127 − 1 for a classifier, else bytes 0…255. Boxes are fractions of the
   * tensor. Rejects with `REQUEST_INVALID` for a tensor that the model cannot take.
   */
  answerTensor(tensor: RequestTensor): Promise<ServedAnswer>;
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
  const isClassifier = model.category === 'classification';
  /** A classifier is sent what its own input takes, unless it normalises otherwise than servers are sent. */
  const takesFloats = isClassifier && input.type === 'float32' && model.normalization === 'mobilenet';

  const outputsOf = (view: Rgb): Promise<readonly OutputTensor[]> =>
    engineModel.run(shapeFor(layout, view), (memory) => fillInput(view.data, table, layout, memory));
  const infer = async (view: FittedView): Promise<Prediction> =>
    decodeOutputs(model, await outputsOf(view), [view.width, view.height], view.placement);

  const warmUp = await fitView(greyView(size), size, model.resize);
  const firstOutputs = await outputsOf(warmUp);
  decodeOutputs(model, firstOutputs, [warmUp.width, warmUp.height], warmUp.placement);
  const firstAnswer = servedAnswer(model, firstOutputs, { input: [warmUp.width, warmUp.height], placement: null });

  return {
    signature: {
      input: { type: isClassifier ? 'float32' : 'uint8', shape: [1, size?.[1] ?? -1, size?.[0] ?? -1, COLOURS] },
      outputs: servedShapes(model, firstAnswer),
    },
    async run(pixels, box) {
      const start = performance.now();
      const view = await fitView(cropView(pixels, box), size, model.resize);
      const fitted = performance.now();
      const prediction = await infer(view);
      const timingsMs = { resize: fitted - start, model: performance.now() - fitted };
      return { ...prediction, timingsMs };
    },
    async answerPicture(pixels, box) {
      const start = performance.now();
      const view = await fitView(cropView(pixels, box), size, model.resize);
      const fitted = performance.now();
      const outputs = await outputsOf(view);
      const answer = servedAnswer(model, outputs, { input: [view.width, view.height], placement: view.placement });
      return { ...answer, timingsMs: { resize: fitted - start, model: performance.now() - fitted } };
    },
    async answerTensor(tensor) {
      const { width, height } = requireFit(model, tensor, size);
      const shape = shapeFor(layout, { width, height });
      const fill = (memory: InputData): void => {
        if (takesFloats) fillInputWithFloats(tensor.data, layout, memory);
        else fillInput(nearestBytes(tensor.data, isClassifier ? 'mobilenet' : 'none'), table, layout, memory);
      };
      const outputs = await engineModel.run(shape, fill);
      return servedAnswer(model, outputs, { input: [width, height], placement: null });
    },
    release: () => engineModel.release(),
  };
}

function requireFit(model: Model, { shape }: RequestTensor, size: Size | null): Pick<Rgb, 'width' | 'height'> {
  const [batch, height = 0, width = 0, colours] = shape;
  const isPicture = shape.length === 4 && batch === 1 && colours === COLOURS && width > 0 && height > 0;
  if (isPicture && (size === null || (size[0] === width && size[1] === height))) return { width, height };
  const expected = size === null ? '[1, height, width, 3]' : `[1, ${size[1]}, ${size[0]}, 3]`;
  throw new AppError('REQUEST_INVALID', `model "${model.name}" takes ${expected}, not [${shape.join(', ')}]`);
}

function greyView(size: Size | null): Rgb {
  const [width, height] = size ?? [WARM_UP_SIDE, WARM_UP_SIDE];
  return { width, height, data: new Uint8Array(width * height * COLOURS).fill(WARM_UP_BYTE) };
}

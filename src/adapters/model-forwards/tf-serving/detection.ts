import { decodeBoxRows } from '../../../vision/box-rows-output.ts';
import { decodeRawYolo } from '../../../vision/raw-yolo-output.ts';
import { isRecord } from '../servers/json-answer.ts';
import { outputsOf, shapeOf, unexpectedAnswer } from './answer-fields.ts';
import { servedBoxes } from './served-boxes.ts';
import type { ServingWrapper } from './wrapper.ts';

/**
 * Detectors: `{"inputs": [1, h, w, 3] bytes, "model_type"}`. Mobilenet answers with `[ymin, xmin, ymax, xmax]` and classes from 1;
 * yolo with `[xmin, ymin, xmax, ymax]`, classes from 0 and metadata, or with a raw head that is decoded here.
 */
export const servingDetection: ServingWrapper = {
  needsResolution: true,
  normalization: 'none',
  size: (model) => model.imageResolution,
  resize: (model) => model.resize,
  fields: (model) => ({ model_type: model.modelType }),
  decode(model, answer, input, placement) {
    const outputs = outputsOf(model, answer);
    if (model.modelType === 'Mobilenet') {
      return decodeBoxRows(model, servedBoxes(model, outputs), { order: 'yxyx', firstClass: 1, placement });
    }
    const head = rawHeadOf(outputs);
    if (head !== null) {
      const shape = shapeOf(head);
      if (shape === null)
        throw unexpectedAnswer(model, 'its yolo head is uneven or holds something that is not a number');
      return decodeRawYolo(model, { shape, data: head.flat(2) as number[] }, input, placement);
    }
    const rows = servedBoxes(model, outputs);
    const metadata = rows.metadata ?? [];
    return decodeBoxRows(model, { ...rows, metadata }, { order: 'xyxy', firstClass: 0, placement });
  },
};

/** A raw head is the only output, with or without a name. */
function rawHeadOf(outputs: unknown): unknown[] | null {
  if (Array.isArray(outputs)) return outputs;
  const [only, ...more] = isRecord(outputs) ? Object.values(outputs) : [];
  return Array.isArray(only) && more.length === 0 ? only : null;
}

import { decodeBoxRows } from '../../../vision/box-rows-output.ts';
import { outputsOf } from './answer-fields.ts';
import { servedBoxes } from './served-boxes.ts';
import type { ServingWrapper } from './wrapper.ts';

/** Detectors with a classifier behind them: the picture at its own size, bytes; boxes as Mobilenet, classes from 0. */
export const servingDetectionAndClassification: ServingWrapper = {
  needsResolution: false,
  normalization: 'none',
  size: () => null,
  resize: () => 'stretch',
  fields: () => ({}),
  decode(model, answer, _input, placement) {
    const { metadata: _, ...rows } = servedBoxes(model, outputsOf(model, answer));
    return decodeBoxRows(model, rows, { order: 'yxyx', firstClass: 0, placement });
  },
};

import { decodeClassification } from '../../../vision/classification-output.ts';
import { numbersOf, onlyElement, outputsOf } from './answer-fields.ts';
import type { ServingWrapper } from './wrapper.ts';

/** Classifiers: `{"inputs": [1, h, w, 3]}`, x/127 − 1; answer `{"outputs": [[p0, p1, …]]}`. */
export const servingClassification: ServingWrapper = {
  needsResolution: true,
  normalization: 'mobilenet',
  size: (model) => model.imageResolution,
  resize: (model) => model.resize,
  fields: () => ({}),
  decode(model, answer) {
    const scores = onlyElement(model, outputsOf(model, answer), 'outputs');
    return decodeClassification(model, numbersOf(model, scores, 'outputs'));
  },
};

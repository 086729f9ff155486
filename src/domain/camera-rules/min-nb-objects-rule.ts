import { z } from 'zod';
import { Labels } from '../labels.ts';
import { defineCameraRule } from './camera-rule.ts';

export const minNbObjectsRule = defineCameraRule({
  name: 'min_nb_objects_rule',
  description: 'OK when at least min_threshold of the results carry one of these labels, else KO.',
  parameters: z.strictObject({ class_to_detect: Labels, min_threshold: z.int().nonnegative() }),
  decide(labels, { class_to_detect, min_threshold }) {
    return labels.filter((label) => class_to_detect.includes(label)).length >= min_threshold ? 'OK' : 'KO';
  },
});

import { z } from 'zod';
import { Labels } from '../labels.ts';
import { defineCameraRule } from './camera-rule.ts';

export const maxNbObjectsRule = defineCameraRule({
  name: 'max_nb_objects_rule',
  description: 'OK when at most max_threshold of the results carry one of these labels, else KO.',
  parameters: z.strictObject({ class_to_detect: Labels, max_threshold: z.int().nonnegative() }),
  decide(labels, { class_to_detect, max_threshold }) {
    return labels.filter((label) => class_to_detect.includes(label)).length <= max_threshold ? 'OK' : 'KO';
  },
});

import { z } from 'zod';
import { Labels } from '../labels.ts';
import { defineCameraRule } from './camera-rule.ts';

export const expectedLabelRule = defineCameraRule({
  name: 'expected_label_rule',
  description: 'OK when every label seen is expected, KO when one is not, undecided when nothing was seen.',
  parameters: z.strictObject({ expected_label: Labels }),
  decide(labels, { expected_label }) {
    if (labels.length === 0) return 'NO_DECISION';
    return labels.every((label) => expected_label.includes(label)) ? 'OK' : 'KO';
  },
});

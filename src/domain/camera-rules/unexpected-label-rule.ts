import { z } from 'zod';
import { Labels } from '../labels.ts';
import { defineCameraRule } from './camera-rule.ts';

export const unexpectedLabelRule = defineCameraRule({
  name: 'unexpected_label_rule',
  description: 'KO when one of these labels was seen, else OK: nothing seen means no defect found.',
  parameters: z.strictObject({ unexpected_label: Labels }),
  decide(labels, { unexpected_label }) {
    return labels.some((label) => unexpected_label.includes(label)) ? 'KO' : 'OK';
  },
});

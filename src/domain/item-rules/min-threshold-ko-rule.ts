import { z } from 'zod';
import { defineItemRule } from './item-rule.ts';

export const minThresholdKoRule = defineItemRule({
  name: 'min_threshold_ko_rule',
  description: 'KO when at least threshold cameras say KO, else undecided while a camera is, else OK.',
  parameters: z.strictObject({ threshold: z.int().min(1) }),
  decide(decisions, { threshold }) {
    if (decisions.filter((decision) => decision === 'KO').length >= threshold) return 'KO';
    return decisions.includes('NO_DECISION') ? 'NO_DECISION' : 'OK';
  },
});

import { z } from 'zod';
import { defineItemRule } from './item-rule.ts';

export const minThresholdOkRatioRule = defineItemRule({
  name: 'min_threshold_ok_ratio_rule',
  description: 'OK when the share of OK cameras reaches min_threshold, whatever the undecided ones would have said.',
  parameters: z.strictObject({ min_threshold: z.number().min(0).max(1) }),
  decide(decisions, { min_threshold }) {
    const ok = decisions.filter((decision) => decision === 'OK').length;
    const undecided = decisions.filter((decision) => decision === 'NO_DECISION').length;
    if (ok / decisions.length >= min_threshold) return 'OK';
    return (ok + undecided) / decisions.length < min_threshold ? 'KO' : 'NO_DECISION';
  },
});

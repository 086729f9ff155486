import { describe, expect, it } from 'vitest';
import type { Decision } from '../decision.ts';
import { bindItemRule } from './index.ts';

interface Row {
  readonly cameras: readonly Decision[];
  readonly ratio: number;
  readonly decision: Decision;
}

describe('min_threshold_ok_ratio_rule', () => {
  it.each<Row>([
    { cameras: [], ratio: 0, decision: 'NO_DECISION' },
    { cameras: ['KO'], ratio: 0, decision: 'OK' },
    { cameras: ['OK', 'OK'], ratio: 1, decision: 'OK' },
    { cameras: ['OK', 'KO'], ratio: 0.5, decision: 'OK' },
    { cameras: ['OK', 'KO'], ratio: 0.51, decision: 'KO' },
    { cameras: ['OK', 'OK', 'KO'], ratio: 2 / 3, decision: 'OK' },
    { cameras: ['OK', 'NO_DECISION'], ratio: 0.5, decision: 'OK' },
    { cameras: ['OK', 'NO_DECISION'], ratio: 0.6, decision: 'NO_DECISION' },
    { cameras: ['KO', 'NO_DECISION'], ratio: 0.5, decision: 'NO_DECISION' },
    { cameras: ['KO', 'KO', 'NO_DECISION'], ratio: 0.5, decision: 'KO' },
    { cameras: ['NO_DECISION'], ratio: 1, decision: 'NO_DECISION' },
    { cameras: ['NO_DECISION'], ratio: 0, decision: 'OK' },
  ])('says $decision for $cameras when the ratio must reach $ratio', ({ cameras, ratio, decision }) => {
    const parameters = { min_threshold: ratio };
    expect(bindItemRule({ name: 'min_threshold_ok_ratio_rule', parameters })(cameras)).toBe(decision);
  });
});

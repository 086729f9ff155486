import { describe, expect, it } from 'vitest';
import type { Decision } from '../decision.ts';
import { bindItemRule } from './index.ts';

interface Row {
  readonly cameras: readonly Decision[];
  readonly threshold: number;
  readonly decision: Decision;
}

describe('min_threshold_ko_rule', () => {
  it.each<Row>([
    { cameras: [], threshold: 1, decision: 'NO_DECISION' },
    { cameras: ['OK', 'OK'], threshold: 1, decision: 'OK' },
    { cameras: ['OK', 'KO'], threshold: 1, decision: 'KO' },
    { cameras: ['OK', 'KO'], threshold: 2, decision: 'OK' },
    { cameras: ['KO', 'KO'], threshold: 2, decision: 'KO' },
    { cameras: ['KO', 'NO_DECISION'], threshold: 1, decision: 'KO' },
    { cameras: ['KO', 'NO_DECISION'], threshold: 2, decision: 'NO_DECISION' },
    { cameras: ['OK', 'NO_DECISION'], threshold: 1, decision: 'NO_DECISION' },
    { cameras: ['NO_DECISION'], threshold: 1, decision: 'NO_DECISION' },
    { cameras: ['KO'], threshold: 5, decision: 'OK' },
  ])('says $decision for $cameras when $threshold KO are too many', ({ cameras, threshold, decision }) => {
    expect(bindItemRule({ name: 'min_threshold_ko_rule', parameters: { threshold } })(cameras)).toBe(decision);
  });
});

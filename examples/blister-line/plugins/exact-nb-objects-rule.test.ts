import { describe, expect, it } from 'vitest';
import { exactNbObjectsRule } from './exact-nb-objects-rule.ts';

describe('exact_nb_objects_rule', () => {
  it.each([
    { seen: [], count: 0, decision: 'OK' },
    { seen: [], count: 2, decision: 'KO' },
    { seen: ['whole'], count: 2, decision: 'KO' },
    { seen: ['whole', 'whole'], count: 2, decision: 'OK' },
    { seen: ['whole', 'round'], count: 2, decision: 'OK' },
    { seen: ['whole', 'whole', 'whole'], count: 2, decision: 'KO' },
    { seen: ['whole', 'broken', 'whole', 'empty'], count: 2, decision: 'OK' },
    { seen: ['broken', 'empty'], count: 0, decision: 'OK' },
    { seen: ['Whole', 'wholes'], count: 2, decision: 'KO' },
  ] as const)('says $decision when $seen was seen and exactly $count are wanted', ({ seen, count, decision }) => {
    const parameters = exactNbObjectsRule.parameters.parse({ class_to_detect: ['whole', 'round'], count });
    expect(exactNbObjectsRule.decide(seen, parameters)).toBe(decision);
  });

  it('takes one label as well as several', () => {
    const parameters = exactNbObjectsRule.parameters.parse({ class_to_detect: 'whole', count: 1 });
    expect(exactNbObjectsRule.decide(['whole', 'broken'], parameters)).toBe('OK');
  });

  it.each([
    { class_to_detect: ['whole'] },
    { count: 8 },
    { class_to_detect: ['whole'], count: -1 },
    { class_to_detect: ['whole'], count: 1.5 },
    { class_to_detect: ['whole'], count: '8' },
    { class_to_detect: ['whole'], count: 8, threshold: 1 },
  ])('refuses the parameters %j', (parameters) => {
    expect(exactNbObjectsRule.parameters.safeParse(parameters).success).toBe(false);
  });
});

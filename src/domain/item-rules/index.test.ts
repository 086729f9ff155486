import { describe, expect, it } from 'vitest';
import { schemaOfNamed } from '../kind.ts';
import { itemRules } from './index.ts';

const Rule = schemaOfNamed(itemRules);

describe('item rules', () => {
  it.each([
    { name: 'min_threshold_ko_rule', parameters: { threshold: 1 }, isValid: true },
    { name: 'min_threshold_ko_rule', parameters: { threshold: 0 }, isValid: false },
    { name: 'min_threshold_ko_rule', parameters: { threshold: 1.5 }, isValid: false },
    { name: 'min_threshold_ko_rule', parameters: {}, isValid: false },
    { name: 'min_threshold_ok_ratio_rule', parameters: { min_threshold: 0 }, isValid: true },
    { name: 'min_threshold_ok_ratio_rule', parameters: { min_threshold: 1 }, isValid: true },
    { name: 'min_threshold_ok_ratio_rule', parameters: { min_threshold: 1.01 }, isValid: false },
    { name: 'min_threshold_ok_ratio_rule', parameters: { min_threshold: -0.1 }, isValid: false },
    { name: 'min_threshold_ok_ratio_rule', parameters: { threshold: 0.5 }, isValid: false },
  ])('$name with $parameters is valid: $isValid', ({ isValid, ...config }) => {
    expect(Rule.safeParse(config).success).toBe(isValid);
  });
});

import { describe, expect, it } from 'vitest';
import { isNearThreshold, keepClassOf } from './keep-class.ts';

describe('the class of an item', () => {
  it.each([
    ['OK', false, 'OK'],
    ['OK', true, 'near_threshold'],
    ['KO', true, 'KO'],
    ['NO_DECISION', false, 'NO_DECISION'],
    [null, false, 'NO_DECISION'],
  ] as const)('decided %s, near a threshold %s, is %s', (decision, near_threshold, expected) => {
    expect(keepClassOf({ decision, near_threshold })).toBe(expected);
  });
});

describe('a result', () => {
  const location = [0, 0, 1, 1] as const;
  it.each([
    [{ label: 'cap', location, score: 0.4 }, true],
    [{ label: 'cap', location, score: 0.49 }, true],
    [{ label: 'cap', location, score: 0.51 }, false],
    [{ label: 'good', probability: 0.34 }, true],
    [{ label: 'good', probability: 0.6 }, true],
    [{ label: 'good', probability: 0.61 }, false],
  ])('%j is near the threshold of .4: %s', (result, expected) => {
    expect(isNearThreshold(result, 0.4)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { bindCameraRule } from './index.ts';

const decide = bindCameraRule({ name: 'unexpected_label_rule', parameters: { unexpected_label: ['scratch', 'dent'] } });

describe('unexpected_label_rule', () => {
  it.each([
    { seen: [], decision: 'OK' },
    { seen: ['clean'], decision: 'OK' },
    { seen: ['scratched', 'den'], decision: 'OK' },
    { seen: ['scratch'], decision: 'KO' },
    { seen: ['clean', 'clean', 'dent'], decision: 'KO' },
  ])('says $decision when $seen was seen', ({ seen, decision }) => {
    expect(decide(seen)).toBe(decision);
  });
});

import { describe, expect, it } from 'vitest';
import { bindCameraRule } from './index.ts';

const decide = bindCameraRule({ name: 'expected_label_rule', parameters: { expected_label: ['connected', 'OK'] } });

describe('expected_label_rule', () => {
  it.each([
    { seen: [], decision: 'NO_DECISION' },
    { seen: ['connected'], decision: 'OK' },
    { seen: ['connected', 'OK', 'connected'], decision: 'OK' },
    { seen: ['connected', 'disconnected'], decision: 'KO' },
    { seen: ['unconnected'], decision: 'KO' },
    { seen: ['connect'], decision: 'KO' },
    { seen: ['ok'], decision: 'KO' },
    { seen: ['connected '], decision: 'KO' },
  ])('says $decision when $seen was seen', ({ seen, decision }) => {
    expect(decide(seen)).toBe(decision);
  });
});

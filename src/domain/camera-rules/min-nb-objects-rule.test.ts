import { describe, expect, it } from 'vitest';
import { bindCameraRule } from './index.ts';

describe('min_nb_objects_rule', () => {
  it.each([
    { seen: [], min_threshold: 1, decision: 'KO' },
    { seen: [], min_threshold: 0, decision: 'OK' },
    { seen: ['screw'], min_threshold: 2, decision: 'KO' },
    { seen: ['screw', 'screw'], min_threshold: 2, decision: 'OK' },
    { seen: ['screw', 'bolt', 'nut'], min_threshold: 2, decision: 'OK' },
    { seen: ['screws', 'nut', 'nut'], min_threshold: 1, decision: 'KO' },
  ])('says $decision when $seen was seen and $min_threshold are needed', ({ seen, min_threshold, decision }) => {
    const parameters = { class_to_detect: ['screw', 'bolt'], min_threshold };
    expect(bindCameraRule({ name: 'min_nb_objects_rule', parameters })(seen)).toBe(decision);
  });
});

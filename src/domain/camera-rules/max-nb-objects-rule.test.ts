import { describe, expect, it } from 'vitest';
import { bindCameraRule } from './index.ts';

describe('max_nb_objects_rule', () => {
  it.each([
    { seen: [], max_threshold: 0, decision: 'OK' },
    { seen: ['screw'], max_threshold: 0, decision: 'KO' },
    { seen: ['screw', 'bolt'], max_threshold: 2, decision: 'OK' },
    { seen: ['screw', 'bolt', 'screw'], max_threshold: 2, decision: 'KO' },
    { seen: ['nut', 'nut', 'screws'], max_threshold: 0, decision: 'OK' },
  ])('says $decision when $seen was seen and $max_threshold are allowed', ({ seen, max_threshold, decision }) => {
    const parameters = { class_to_detect: ['screw', 'bolt'], max_threshold };
    expect(bindCameraRule({ name: 'max_nb_objects_rule', parameters })(seen)).toBe(decision);
  });
});

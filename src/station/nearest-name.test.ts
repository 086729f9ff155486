import { describe, expect, it } from 'vitest';
import { nearestName, suggestion } from './nearest-name.ts';

const names = ['expected_label_rule', 'unexpected_label_rule', 'min_nb_objects_rule', 'fake', 'yolo'];

describe('the nearest name', () => {
  it.each([
    { found: 'expected_lable_rule', nearest: 'expected_label_rule' },
    { found: 'Expected-Label Rule', nearest: 'expected_label_rule' },
    { found: 'unexpectd_label_rule', nearest: 'unexpected_label_rule' },
    { found: 'fak', nearest: 'fake' },
    { found: 'faek', nearest: 'fake' },
    { found: 'YOLO', nearest: 'yolo' },
    { found: 'usb_camera', nearest: undefined },
    { found: '', nearest: undefined },
    { found: 'x'.repeat(5_000), nearest: undefined },
  ])('to $found is $nearest', ({ found, nearest }) => {
    expect(nearestName(found, names)).toBe(nearest);
  });

  it('is none among names of one or two letters, which are all near to each other', () => {
    expect(nearestName('m3', ['m1', 'm2'])).toBeUndefined();
    expect(nearestName('m3', [])).toBeUndefined();
  });

  it.each([
    { found: 'fak', valid: ['fake', 'usb'], sentence: ', did you mean "fake"? Allowed: "fake", "usb"' },
    { found: 'other', valid: ['fake', 'usb'], sentence: '. Allowed: "fake", "usb"' },
    { found: 3, valid: ['fake'], sentence: '. Allowed: "fake"' },
    { found: 'fak', valid: [], sentence: '. Allowed: none' },
  ])('ends the sentence about $found among $valid', ({ found, valid, sentence }) => {
    expect(suggestion(found, valid)).toBe(sentence);
  });
});

import { describe, expect, it } from 'vitest';
import { labelOf, type Model } from './model.ts';

const model: Model = {
  name: 'm',
  category: 'classification',
  version: '1',
  modelType: 'Mobilenet',
  imageResolution: null,
  labels: ['good', 'bad'],
  output: null,
  objectnessThreshold: 0.4,
  iouThreshold: 0.45,
  normalization: 'mobilenet',
  resize: 'cover',
};

describe('the label of a class', () => {
  it.each([
    { labels: ['good', 'bad'], classId: 1, label: 'bad' },
    { labels: ['good', 'bad'], classId: 2, label: undefined },
    { labels: ['good', 'bad'], classId: -1, label: undefined },
    { labels: null, classId: 7, label: '7' },
  ])('is $label for class $classId of $labels', ({ labels, classId, label }) => {
    expect(labelOf({ ...model, labels }, classId)).toBe(label);
  });
});

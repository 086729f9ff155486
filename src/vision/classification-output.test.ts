import { describe, expect, it } from 'vitest';
import type { Model } from '../domain/model.ts';
import { decodeClassification } from './classification-output.ts';

const model: Model = {
  name: 'caps',
  category: 'classification',
  version: '1',
  modelType: 'Mobilenet',
  imageResolution: [224, 224],
  labels: ['OK', 'KO', 'other'],
  output: null,
  objectnessThreshold: 0.4,
  iouThreshold: 0.45,
  normalization: 'mobilenet',
  resize: 'cover',
};

describe('the answer of a classifier', () => {
  it.each([
    [[0.2, 0.7, 0.1], 'KO', 0.7],
    [[0.4, 0.2, 0.4], 'OK', 0.4],
    [[0, 0, 0], 'OK', 0],
    [[-3, -2, -1], 'other', -1],
  ])('for scores %j is the first highest one', (scores, label, probability) => {
    expect(decodeClassification(model, scores)).toEqual({ kind: 'classification', label, probability });
  });

  it('carries the class number where the model has no labels', () => {
    expect(decodeClassification({ ...model, labels: null }, [0.1, 0.9]).label).toBe('1');
  });

  it.each([
    [[0.5, 0.5], /"caps" answered with 2 scores but has 3 labels/],
    [[0.1, 0.2, 0.3, 0.4], /4 scores but has 3 labels/],
    [[], /without a score/],
    [[0.1, Number.NaN, 0.2], /not a number/],
  ])('with scores %j is a failure', (scores, sentence) => {
    expect(() => decodeClassification(model, scores)).toThrow(expect.objectContaining({ code: 'MODEL_FAILED' }));
    expect(() => decodeClassification(model, scores)).toThrow(sentence);
  });
});

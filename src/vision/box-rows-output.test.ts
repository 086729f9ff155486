import { describe, expect, it } from 'vitest';
import type { Model } from '../domain/model.ts';
import { type BoxRows, type BoxRowsForm, decodeBoxRows } from './box-rows-output.ts';

const model: Model = {
  name: 'parts',
  category: 'object_detection',
  version: '1',
  modelType: 'Mobilenet',
  imageResolution: [320, 320],
  labels: ['screw', 'nut'],
  output: null,
  objectnessThreshold: 0.4,
  iouThreshold: 0.45,
  normalization: 'mobilenet',
  resize: 'stretch',
};
const same = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };
const ssd: BoxRowsForm = { order: 'yxyx', firstClass: 0, placement: same };
const rows: BoxRows = {
  boxes: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0, 0, 1, 1],
  scores: [0.9, 0.4, 0.3999],
  classes: [1, 0, 0],
  count: null,
};

describe('the rows of a detector', () => {
  it('turn the boxes of Mobilenet around and keep scores from the threshold up', () => {
    expect(decodeBoxRows(model, rows, ssd)).toEqual({
      kind: 'detection',
      objects: [
        { position: 1, label: 'nut', location: [0.2, 0.1, 0.4, 0.3], score: 0.9 },
        { position: 2, label: 'screw', location: [0.6, 0.5, 0.8, 0.7], score: 0.4 },
      ],
      warnings: [],
    });
  });

  it('keep the boxes of a decoded yolo as they stand', () => {
    const { objects } = decodeBoxRows(model, rows, { ...ssd, order: 'xyxy' });
    expect(objects[0]?.location).toEqual([0.1, 0.2, 0.3, 0.4]);
  });

  it.each([
    [1, 1],
    [0, 0],
    [50, 2],
  ])('count up to the number of boxes: %i gives %i objects', (count, objects) => {
    expect(decodeBoxRows(model, { ...rows, count }, ssd).objects).toHaveLength(objects);
  });

  it('keep their place in the answer when others are dropped', () => {
    const { objects } = decodeBoxRows(model, { ...rows, scores: [0.1, 0.2, 0.8] }, ssd);
    expect(objects.map(({ position }) => position)).toEqual([3]);
  });

  it('count classes from 1 where the server does', () => {
    const served = decodeBoxRows(model, { ...rows, classes: [2, 1, 1] }, { ...ssd, firstClass: 1 });
    expect(served.objects.map(({ label }) => label)).toEqual(['nut', 'screw']);
  });

  it('carry the class number where the model has no labels', () => {
    const { objects } = decodeBoxRows({ ...model, labels: null }, { ...rows, classes: [17, 3, 0] }, ssd);
    expect(objects.map(({ label }) => label)).toEqual(['17', '3']);
  });

  it('carry metadata, null where a row has none', () => {
    const { objects } = decodeBoxRows(model, { ...rows, metadata: [{ angle: 3 }] }, ssd);
    expect(objects.map(({ metadata }) => metadata)).toEqual([{ angle: 3 }, null]);
  });

  it.each([
    ['inverted', [0.3, 0.2, 0.1, 0.4]],
    ['empty', [0.1, 0.2, 0.1, 0.4]],
    ['outside', [1.1, 1.1, 1.5, 1.5]],
    ['not a number', [Number.NaN, 0, 1, 1]],
  ])('drop a box that is %s, with a warning', (_, box) => {
    const found = decodeBoxRows(model, { boxes: box, scores: [0.9], classes: [0], count: null }, ssd);
    expect(found.objects).toEqual([]);
    expect(found.warnings).toEqual([expect.stringMatching(/object_1 of model "parts" is left out/)]);
  });

  it('cut a box at the edge of the image', () => {
    const found = decodeBoxRows(model, { boxes: [-0.2, 0.5, 0.5, 1.3], scores: [1], classes: [0], count: null }, ssd);
    expect(found.objects[0]?.location).toEqual([0.5, 0, 1, 0.5]);
  });

  it.each([
    ['letterbox', { scaleX: 1, scaleY: 2, offsetX: 0, offsetY: -0.5 }, [0.25, 0, 0.75, 1]],
    ['cover', { scaleX: 0.5, scaleY: 1, offsetX: 0.25, offsetY: 0 }, [0.375, 0.25, 0.625, 0.75]],
  ] as const)('say where boxes lie on the view after %s', (_, placement, expected) => {
    const answer = { boxes: [0.25, 0.25, 0.75, 0.75], scores: [1], classes: [0], count: null };
    expect(decodeBoxRows(model, answer, { ...ssd, placement }).objects[0]?.location).toEqual(expected);
  });

  it.each([
    ['a class above the labels', { classes: [2, 0, 0] }, ssd],
    ['a class below the first', { classes: [0, 1, 1] }, { ...ssd, firstClass: 1 as const }],
    ['a class that is no whole number', { classes: [0.5, 0, 0] }, ssd],
    ['fewer boxes than scores', { boxes: [0, 0, 1, 1] }, ssd],
    ['fewer classes than scores', { classes: [0] }, ssd],
    ['a score that is not a number', { scores: [Number.NaN, 0.5, 0.5] }, ssd],
    ['a broken number of boxes', { count: -1 }, ssd],
  ])('with %s are a failure', (_, change, form) => {
    expect(() => decodeBoxRows(model, { ...rows, ...change }, form)).toThrow(
      expect.objectContaining({ code: 'MODEL_FAILED', message: expect.stringContaining('"parts"') as string }),
    );
  });

  it('do not mind the class of a row below the threshold', () => {
    expect(decodeBoxRows(model, { ...rows, classes: [1, 0, 99] }, ssd).objects).toHaveLength(2);
  });
});

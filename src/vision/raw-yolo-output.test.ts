import { describe, expect, it } from 'vitest';
import type { Model } from '../domain/model.ts';
import { decodeRawYolo, intersectionOverUnion } from './raw-yolo-output.ts';

const model: Model = {
  name: 'blisters',
  category: 'object_detection',
  version: '1',
  modelType: 'yolo',
  imageResolution: [320, 160],
  labels: ['pill', 'empty'],
  output: null,
  objectnessThreshold: 0.4,
  iouThreshold: 0.45,
  normalization: 'yolo',
  resize: 'stretch',
};
const same = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };
const size = [320, 160] as const;

/** Candidates as `[x_center, y_center, width, height, pill, empty]`. */
const candidates = [
  [0.5, 0.5, 0.2, 0.2, 0.1, 0.6],
  [0.2, 0.2, 0.2, 0.2, 0.9, 0],
  [0.21, 0.2, 0.2, 0.2, 0, 0.8],
  [0.8, 0.8, 0.1, 0.1, 0.39, 0.2],
];
const byCandidate = { shape: [1, candidates.length, 6], data: candidates.flat() };
const byValue = {
  shape: [1, 6, candidates.length],
  data: Array.from({ length: 6 }, (_, value) => candidates.map((candidate) => candidate[value] as number)).flat(),
};

describe('a raw yolo head', () => {
  it.each([
    ['[1, n, 4 + classes]', byCandidate],
    ['[1, 4 + classes, n]', byValue],
  ])('of shape %s gives objects from the best score down, without overlaps across all classes', (_, head) => {
    expect(decodeRawYolo(model, head, size, same)).toEqual({
      kind: 'detection',
      objects: [
        { position: 1, label: 'pill', location: [0.1, 0.1, 0.3, 0.3], score: 0.9, metadata: null },
        { position: 2, label: 'empty', location: [0.4, 0.4, 0.6, 0.6], score: 0.6, metadata: null },
      ],
      warnings: [],
    });
  });

  it('may say its coordinates in pixels of the input', () => {
    const data = candidates.flatMap(([x = 0, y = 0, w = 0, h = 0, ...scores]) => [
      x * 320,
      y * 160,
      w * 320,
      h * 160,
      ...scores,
    ]);
    const { objects } = decodeRawYolo(model, { ...byCandidate, data }, size, same);
    expect(objects.map(({ location }) => location)).toEqual([
      [0.1, 0.1, 0.3, 0.3],
      [0.4, 0.4, 0.6, 0.6],
    ]);
  });

  it('keeps overlapping boxes when the threshold says so', () => {
    expect(decodeRawYolo({ ...model, iouThreshold: 1 }, byCandidate, size, same).objects).toHaveLength(3);
  });

  it('keeps a score that equals the threshold', () => {
    expect(decodeRawYolo({ ...model, objectnessThreshold: 0.39 }, byCandidate, size, same).objects).toHaveLength(3);
  });

  it('tells its axes apart without labels', () => {
    const many = { shape: [1, 6, 100], data: new Float32Array(600) };
    many.data[4 * 100 + 7] = 0.9;
    for (const [value, coordinate] of [0.5, 0.5, 0.2, 0.2].entries()) many.data[value * 100 + 7] = coordinate;
    const { objects } = decodeRawYolo({ ...model, labels: null }, many, size, same);
    expect(objects.map(({ label }) => label)).toEqual(['0']);
  });

  it('is put back on the view after letterbox', () => {
    const placement = { scaleX: 1, scaleY: 2, offsetX: 0, offsetY: -0.5 };
    const head = { shape: [1, 1, 6], data: [0.5, 0.5, 0.2, 0.25, 0.9, 0] };
    expect(decodeRawYolo(model, head, size, placement).objects[0]?.location).toEqual([0.4, 0.25, 0.6, 0.75]);
  });

  it('drops boxes outside the image with a warning, and numbers the others without a gap', () => {
    const data = [...[1.5, 1.5, 0.1, 0.1, 0.99, 0], ...[0.5, 0.5, 0, 0.1, 0.98, 0], ...[0.5, 0.5, 0.2, 0.2, 0.9, 0]];
    const found = decodeRawYolo(model, { shape: [1, 3, 6], data }, size, same);
    expect(found.objects.map(({ position }) => position)).toEqual([1]);
    expect(found.warnings).toEqual([expect.stringMatching(/2 boxes of model "blisters" are left out/)]);
  });

  it.each([
    ['more classes than labels', { shape: [1, 7, 50], data: new Float32Array(350) }, /3 classes, but has 2 labels/],
    ['fewer classes than labels', { shape: [1, 50, 5], data: new Float32Array(250) }, /1 classes, but has 2 labels/],
    ['two axes', { shape: [6, 50], data: new Float32Array(300) }, /a yolo head is/],
    ['several pictures', { shape: [2, 6, 50], data: new Float32Array(600) }, /a yolo head is/],
    ['a score that is not a number', { shape: [1, 1, 6], data: [0, 0, 1, 1, Number.NaN, 0] }, /not a number/],
  ])('with %s is a failure', (_, head, sentence) => {
    expect(() => decodeRawYolo(model, head, size, same)).toThrow(expect.objectContaining({ code: 'MODEL_FAILED' }));
    expect(() => decodeRawYolo(model, head, size, same)).toThrow(sentence);
  });
});

describe('the overlap of two boxes', () => {
  it.each([
    [[0, 0, 1, 1], [0, 0, 1, 1], 1],
    [[0, 0, 0.5, 1], [0.5, 0, 1, 1], 0],
    [[0, 0, 0.5, 0.5], [0.25, 0, 0.75, 0.5], 1 / 3],
  ] as const)('of %j and %j is %d', (a, b, expected) => {
    expect(intersectionOverUnion(a, b)).toBeCloseTo(expected, 9);
  });
});

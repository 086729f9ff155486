import { describe, expect, it } from 'vitest';
import { testModel } from '../adapters/model-forwards/model-forward.test-support.ts';
import type { Model } from '../domain/model.ts';
import { decodeOutputs, type OutputTensor } from './decode-outputs.ts';

const same = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };
const decode = (model: Model, outputs: readonly OutputTensor[]) => decodeOutputs(model, outputs, [16, 16], same);
const detector = testModel({ name: 'parts', category: 'object_detection' });

const tensor = (name: string, shape: readonly number[], data: readonly number[]): OutputTensor => ({
  name,
  shape,
  data,
});
const boxes = tensor('a', [1, 2, 4], [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.9, 0.9]);
const classes = tensor('b', [1, 2], [2, 0]);
const scores = tensor('c', [1, 2], [0.9, 0.6]);
const count = tensor('d', [1], [1]);
const expected = [{ position: 1, label: 'blue', location: [0.2, 0.1, 0.4, 0.3], score: 0.9 }];

describe('the output tensors of a model', () => {
  it.each([
    ['in the usual order', [boxes, classes, scores, count]],
    ['with scores first', [scores, boxes, count, classes]],
  ])('of an SSD post-process are told apart by shape and numbers %s', (_, outputs) => {
    expect(decode(detector, outputs)).toMatchObject({ kind: 'detection', objects: expected });
  });

  it('of an SSD post-process may come without a count', () => {
    expect(decode(detector, [boxes, classes, scores])).toMatchObject({ objects: [expected[0], { position: 2 }] });
  });

  it('are told apart by what their names say where their numbers do not', () => {
    const whole = { ...scores, name: 'detection_scores', data: [1, 1] };
    const found = decode(detector, [boxes, whole, { ...classes, name: 'detection_classes' }, count]);
    expect(found).toMatchObject({ objects: [{ label: 'blue', score: 1 }] });
  });

  it('are taken by the names of the inventory', () => {
    const output = { detection_boxes: 'a', detection_classes: 'c', detection_scores: 'b', number_of_boxes: 'd' };
    const swapped = [boxes, { ...classes, data: [0.9, 0.6] }, { ...scores, data: [2, 0] }, count];
    expect(decode({ ...detector, output }, swapped)).toMatchObject({ objects: expected });
  });

  it('are told apart by shape where the model has other names than the inventory', () => {
    const output = { detection_boxes: 'x', detection_classes: 'y', detection_scores: 'z' };
    expect(decode({ ...detector, output }, [boxes, classes, scores, count])).toMatchObject({ objects: expected });
  });

  it('of a yolo that has decoded itself hold boxes in their own order', () => {
    const found = decode({ ...detector, modelType: 'yolo' }, [boxes, classes, scores, count]);
    expect(found).toMatchObject({ objects: [{ location: [0.1, 0.2, 0.3, 0.4] }] });
  });

  it('of a single-output yolo are a raw head, whatever names the inventory has', () => {
    const output = { detection_boxes: 'x', detection_classes: 'y', detection_scores: 'z' };
    const head = tensor('output0', [1, 1, 7], [0.5, 0.5, 0.2, 0.2, 0, 0.8, 0]);
    const found = decode({ ...detector, modelType: 'yolo', output }, [head]);
    expect(found).toMatchObject({ objects: [{ position: 1, label: 'green', location: [0.4, 0.4, 0.6, 0.6] }] });
  });

  it('of a classifier are its scores, whatever axes of one they have', () => {
    const found = decode(testModel(), [tensor('y', [1, 1, 1, 3], [0.1, 0.8, 0.1])]);
    expect(found).toEqual({ kind: 'classification', label: 'green', probability: 0.8 });
  });

  it.each([
    ['a classifier with boxes', testModel(), [boxes]],
    ['a classifier without output', testModel(), []],
    [
      'a classifier with two lists of scores',
      testModel(),
      [tensor('x', [1, 3], [0, 0, 1]), tensor('y', [1, 3], [0, 0, 1])],
    ],
    ['a Mobilenet detector with one output', detector, [boxes]],
    ['a detector without boxes', detector, [classes, scores, count]],
    ['a detector without scores', detector, [boxes, classes, count]],
  ])('of %s are a failure that names what was found', (_, model, outputs) => {
    expect(() => decode(model, outputs)).toThrow(
      expect.objectContaining({
        code: 'MODEL_FAILED',
        message: expect.stringMatching(new RegExp(`"${model.name}" answered with`)) as string,
      }),
    );
  });
});

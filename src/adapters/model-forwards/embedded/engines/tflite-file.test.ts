import { describe, expect, it } from 'vitest';
import { int8Classifier, uint8Classifier } from '../tflite-models.test-support.ts';
import { readTfliteFile } from './tflite-file.ts';

describe('reading a .tflite file', () => {
  it.each([
    ['int8', int8Classifier, -128],
    ['uint8', uint8Classifier, 0],
  ])('finds the quantisation of a model of %s', (_, file, zeroPoint) => {
    const bytes = file();
    const found = readTfliteFile(bytes);
    expect(found.inputs).toHaveLength(1);
    expect(found.inputs[0]?.quantisation?.scale).toBeCloseTo(1 / 255, 8);
    expect(found.inputs[0]?.quantisation?.zeroPoint).toBe(zeroPoint);
    expect(found.outputs[0]?.quantisation?.scale).toBeCloseTo(1 / 256, 8);
    expect(found.bytes).toBe(bytes);
  });

  it('reads a file from the middle of other memory', () => {
    const memory = Buffer.concat([Buffer.alloc(24), int8Classifier()]);
    expect(readTfliteFile(memory.subarray(24)).inputs).toEqual(readTfliteFile(int8Classifier()).inputs);
  });

  it.each([
    ['another kind of file', Buffer.from('this is no model at all')],
    ['an empty file', Buffer.alloc(0)],
    ['the beginning of a file', int8Classifier().subarray(0, 200)],
  ])('says that %s is no TensorFlow Lite file', (_, bytes) => {
    expect(() => readTfliteFile(bytes)).toThrow(/no TensorFlow Lite file, or a broken one/);
  });
});

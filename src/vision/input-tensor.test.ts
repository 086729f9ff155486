import { describe, expect, it } from 'vitest';
import { byteValues, fillInput } from './input-tensor.ts';

describe('the values of an input', () => {
  it.each([
    ['mobilenet', [-1, 0, 128 / 127]],
    ['yolo', [0, 127 / 255, 1]],
    ['none', [0, 127, 255]],
  ] as const)('normalises bytes for a float input as %s', (normalization, expected) => {
    const table = byteValues('float32', null, normalization);
    const found = [table[0], table[127], table[255]];
    for (const [index, value] of expected.entries()) expect(found[index]).toBeCloseTo(value, 6);
  });

  it.each([
    ['uint8 without quantisation', 'uint8', null, 'mobilenet', [0, 128, 255]],
    ['uint8 over the range of mobilenet', 'uint8', { scale: 1 / 128, zeroPoint: 128 }, 'mobilenet', [0, 128, 255]],
    ['uint8 over the range of yolo', 'uint8', { scale: 1 / 255, zeroPoint: 0 }, 'yolo', [0, 128, 255]],
    ['uint8 over bytes', 'uint8', { scale: 1, zeroPoint: 0 }, 'mobilenet', [0, 128, 255]],
    ['int8 without quantisation', 'int8', null, 'yolo', [-128, 0, 127]],
    ['int8 over the range of yolo', 'int8', { scale: 1 / 255, zeroPoint: -128 }, 'yolo', [-128, 0, 127]],
    ['int8 over the range of mobilenet', 'int8', { scale: 1 / 127.5, zeroPoint: -1 }, 'mobilenet', [-128, 0, 127]],
    ['int8 with room for more than yolo', 'int8', { scale: 1 / 64, zeroPoint: 0 }, 'yolo', [0, 32, 64]],
  ] as const)(
    'passes bytes through the quantisation of an input: %s',
    (_, type, quantisation, normalization, expected) => {
      const table = byteValues(type, quantisation, normalization);
      expect([table[0], table[128], table[255]]).toEqual(expected);
    },
  );

  it('keeps colours together in the NHWC layout and apart in NCHW', () => {
    const table = byteValues('float32', null, 'none');
    const rgb = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const together = new Float32Array(6);
    fillInput(rgb, table, 'NHWC', together);
    expect([...together]).toEqual([1, 2, 3, 4, 5, 6]);
    const apart = new Float32Array(6);
    fillInput(rgb, table, 'NCHW', apart);
    expect([...apart]).toEqual([1, 4, 2, 5, 3, 6]);
  });
});

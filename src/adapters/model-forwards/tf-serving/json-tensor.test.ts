import { describe, expect, it } from 'vitest';
import { jsonBody } from './json-tensor.ts';

const view = { width: 2, height: 2, data: Uint8Array.from([0, 1, 2, 127, 128, 254, 255, 3, 4, 5, 6, 7]) };

describe('the body of a request', () => {
  it('is the picture as lists of rows, pixels and colours, then the other fields', () => {
    const body = jsonBody(view, 'none', { model_type: 'yolo' });
    expect(JSON.parse(body.toString())).toEqual({
      inputs: [
        [
          [
            [0, 1, 2],
            [127, 128, 254],
          ],
          [
            [255, 3, 4],
            [5, 6, 7],
          ],
        ],
      ],
      model_type: 'yolo',
    });
  });

  it.each([
    ['mobilenet', (byte: number) => byte / 127 - 1],
    ['yolo', (byte: number) => byte / 255],
  ] as const)('holds every byte as the 32-bit float that %s makes of it', (normalization, expected) => {
    const data = Uint8Array.from({ length: 258 }, (_, index) => index);
    const body = JSON.parse(jsonBody({ width: 86, height: 1, data }, normalization, {}).toString());
    const numbers: number[] = body.inputs.flat(3);
    expect(numbers.map(Math.fround)).toEqual(Array.from(data, (byte) => Math.fround(expected(byte))));
  });
});

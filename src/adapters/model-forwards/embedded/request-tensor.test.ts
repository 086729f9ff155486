import { describe, expect, it } from 'vitest';
import { readRequestTensor } from './request-tensor.ts';

const read = (text: string) => {
  const { shape, data } = readRequestTensor(Buffer.from(text));
  return { shape, data: [...data] };
};

describe('the tensor of a request', () => {
  it.each([
    ['{"inputs":[[1,2],[3,4]]}', [2, 2], [1, 2, 3, 4]],
    [' { "inputs" : [ [ [ 255 ] ] ] , "model_type" : "yolo" } ', [1, 1, 1], [255]],
    [
      '{"model_type":"a]}\\"","other":{"x":[1,{"y":null}]},"n":-1.5e3,"flag":true,"inputs":[-1,0.5,1e-2]}',
      [3],
      [-1, 0.5, 0.01],
    ],
    ['{"inputs":[]}', [0], []],
  ] as const)('is read from %s', (text, shape, data) => {
    expect(read(text)).toEqual({ shape, data: data.map(Math.fround) });
  });

  it('has every number as the nearest 32-bit float', () => {
    const texts = ['-0.9921259842519685', '0.007874015748031496', '1.0078740157480315', '1e-7', '12345678.875', '-0'];
    expect(read(`{"inputs":[${texts.join(',')}]}`).data).toEqual(texts.map((text) => Math.fround(Number(text))));
  });

  it('takes a picture of any size', () => {
    const values = Array.from({ length: 3 * 40 * 50 }, (_, index) => (index * 37) % 256);
    const picture = Array.from({ length: 40 }, (_, row) =>
      Array.from({ length: 50 }, (_none, column) => values.slice((row * 50 + column) * 3, (row * 50 + column) * 3 + 3)),
    );
    expect(read(JSON.stringify({ inputs: [picture] }))).toEqual({ shape: [1, 40, 50, 3], data: values });
  });

  it.each([
    ['', /"\{" is missing/],
    ['[1]', /"\{" is missing/],
    ['{}', /no "inputs"/],
    ['{"instances":[1]}', /no "inputs"/],
    ['{"inputs":"x"}', /not a list/],
    ['{"inputs":{"x":[1]}}', /not a list/],
    ['{"inputs":[[1,2],[3]]}', /even lists/],
    ['{"inputs":[[1],2]}', /even lists/],
    ['{"inputs":[1,[2]]}', /even lists/],
    ['{"inputs":[[[[[[[[[1]]]]]]]]]}', /even lists/],
    ['{"inputs":[1,"a"]}', /not a number/],
    ['{"inputs":[null]}', /not a number/],
    ['{"inputs":[1 2]}', /missing/],
    ['{"inputs":[1,2', /missing|not a number/],
    ['{"inputs":[1]', /missing/],
    ['{"inputs":[1]} 5', /follows/],
  ])('is refused in %s', (text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

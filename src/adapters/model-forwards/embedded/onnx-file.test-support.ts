// Writes the few parts of the ONNX format that small test models need.

type Field = readonly [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
  });
  return Buffer.concat(parts);
}

const ONNX_TYPES = { float32: 1, uint8: 2, int8: 3, int64: 7 } as const;

/** A float constant. */
function floats(name: string, shape: readonly number[], values: readonly number[]): Field {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return [5, message(...shape.map((axis): Field => [1, axis]), [2, ONNX_TYPES.float32], [8, name], [9, data])];
}

function integers(name: string, values: readonly number[]): Field {
  const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return [5, message([1, values.length], [2, ONNX_TYPES.int64], [8, name], [9, data])];
}

/** One operation; attributes are whole numbers or lists of them. */
function operation(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): Field {
  const written = Object.entries(attributes).map(([name, value]): Field => {
    if (typeof value === 'number') return [5, message([1, name], [3, value], [20, 2])];
    return [5, message([1, name], ...value.map((item): Field => [8, item]), [20, 7])];
  });
  return [1, message(...inputs.map((input): Field => [1, input]), [2, output], [4, type], ...written)];
}

/** A graph's input or output; an axis given as text is left open. */
export interface Port {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly type?: keyof typeof ONNX_TYPES;
}

function port(number: 11 | 12, { name, shape, type = 'float32' }: Port): Field {
  const axes = shape.map((axis): Field => [1, message(typeof axis === 'number' ? [1, axis] : [2, axis])]);
  const tensor = message([1, ONNX_TYPES[type]], [2, message(...axes)]);
  return [number, message([1, name], [2, message([1, tensor])])];
}

interface OnnxGraph {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Operations and constants. */
  readonly parts: readonly Field[];
}

function onnxFile({ inputs, outputs, parts }: OnnxGraph): Uint8Array {
  const graph = message(
    [2, 'test'],
    ...parts,
    ...inputs.map((input) => port(11, input)),
    ...outputs.map((output) => port(12, output)),
  );
  return message([1, 8], [7, graph], [8, message([1, ''], [2, 17])]);
}

/** Says which of red, green and blue a picture mostly is; takes pictures pixel by pixel or plane by plane. */
export function colourClassifier(input: Port, layout: 'NHWC' | 'NCHW'): Uint8Array {
  const identity = [20, 0, 0, 0, 20, 0, 0, 0, 20];
  const scale = input.type === undefined ? identity : identity.map((weight) => weight / 255);
  return onnxFile({
    inputs: [input],
    outputs: [{ name: 'scores', shape: [1, 3] }],
    parts: [
      operation('Cast', [input.name], 'real', { to: ONNX_TYPES.float32 }),
      operation('ReduceMean', ['real'], 'means', { axes: layout === 'NHWC' ? [1, 2] : [2, 3], keepdims: 0 }),
      operation('MatMul', ['means', 'weights'], 'sums'),
      operation('Softmax', ['sums'], 'scores'),
      floats('weights', [3, 3], scale),
    ],
  });
}

/** Answers every picture with the same numbers. */
export function constantModel(
  input: Port,
  answers: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: readonly number[] }[],
): Uint8Array {
  return onnxFile({
    inputs: [input],
    outputs: answers.map(({ name, shape }) => ({ name, shape })),
    parts: answers.flatMap(({ name, shape, values }) => [
      floats(`${name}_values`, shape, values),
      operation('Identity', [`${name}_values`], name),
    ]),
  });
}

/** A classifier of two classes that multiplies large matrices first: 6 take some hundred milliseconds on most machines. */
export function slowClassifier(input: Port, multiplications = 6): Uint8Array {
  const side = 1200;
  const steps = Array.from({ length: multiplications }, (_, step) =>
    operation('MatMul', [`m${step}`, `m${step}`], `m${step + 1}`),
  );
  return onnxFile({
    inputs: [input],
    outputs: [{ name: 'scores', shape: [1, 2] }],
    parts: [
      operation('ReduceMean', [input.name], 'mean', { axes: [1, 2, 3], keepdims: 0 }),
      operation('Mul', ['mean', 'zero'], 'nothing'),
      operation('Expand', ['nothing', 'side'], 'm0'),
      ...steps,
      operation('ReduceMean', [`m${multiplications}`], 'sum', { axes: [0, 1], keepdims: 1 }),
      operation('MatMul', ['sum', 'weights'], 'sums'),
      operation('Softmax', ['sums'], 'scores'),
      floats('zero', [1], [0]),
      integers('side', [side, side]),
      floats('weights', [1, 2], [1, 1]),
    ],
  });
}

import type { Model } from '../../../domain/model.ts';
import type { OutputTensor } from '../../../vision/decode-outputs.ts';
import type { InputData } from '../../../vision/input-tensor.ts';
import { isRecord, modelFailed } from '../servers/json-answer.ts';
import type { ModelServer, ServerAnswer } from '../servers/model-server.ts';
import { contentOf } from './model-metadata.ts';

/** Says how much of a body is JSON; the tensors follow it as they lie in memory. */
const HEADER_LENGTH = 'inference-header-content-length';

export interface InferInput {
  readonly name: string;
  /** `FP32`, `UINT8`, `INT8`. */
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: InputData;
}

export interface InferRequest {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string | number>>;
}

/** A request for every output; `isBinary`: the tensor behind the JSON instead of in it, and the answer likewise. */
export function inferRequest({ name, datatype, shape, data }: InferInput, isBinary: boolean): InferRequest {
  if (!isBinary) {
    const body = Buffer.from(JSON.stringify({ inputs: [{ name, datatype, shape, data: Array.from(data) }] }));
    return { body, headers: { 'content-type': 'application/json' } };
  }
  const tensor = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const header = Buffer.from(
    JSON.stringify({
      inputs: [{ name, datatype, shape, parameters: { binary_data_size: tensor.length } }],
      parameters: { binary_data_output: true },
    }),
  );
  return {
    body: Buffer.concat([header, tensor]),
    headers: { 'content-type': 'application/octet-stream', [HEADER_LENGTH]: header.length },
  };
}

/** The outputs of an answer, binary, JSON or both. Throws `MODEL_FAILED`. */
export function inferOutputs(server: ModelServer, model: Model, answer: ServerAnswer): readonly OutputTensor[] {
  const { status, headers, bytes } = answer;
  const told = headers[HEADER_LENGTH];
  const length = told === undefined ? bytes.length : Number(told);
  if (!Number.isInteger(length) || length < 0 || length > bytes.length) {
    throw modelFailed(server, model, `answered with the ${HEADER_LENGTH} "${String(told)}"`);
  }
  const { outputs } = contentOf(server, model, { status, bytes: bytes.subarray(0, length) });
  if (!Array.isArray(outputs)) throw modelFailed(server, model, 'answered without outputs');
  let at = length;
  const tensors = outputs.map((output: unknown): OutputTensor => {
    const { name, datatype, shape, data, parameters } = isRecord(output) ? output : {};
    const answered = (what: string) => modelFailed(server, model, `answered with "${String(name)}" of ${what}`);
    const axes = Array.isArray(shape) ? shape.map(Number) : [];
    const size = isRecord(parameters) ? parameters.binary_data_size : undefined;
    const isBinary = typeof size === 'number';
    const values = isBinary ? numbersIn(bytes.subarray(at), size, String(datatype)) : listed(data, String(datatype));
    if (typeof values === 'string') throw answered(values);
    if (isBinary) at += size;
    const expected = axes.reduce((product, axis) => product * axis, 1);
    if (values.length !== expected || axes.some((axis) => axis < 0)) {
      throw answered(`${values.length} numbers, not [${axes.join(', ')}]`);
    }
    return { name: String(name), shape: axes, data: values };
  });
  if (at < bytes.length)
    throw modelFailed(server, model, `answered with ${bytes.length - at} bytes beyond its outputs`);
  return tensors;
}

/** JSON may nest a tensor's lists or not. A text says what is wrong. */
function listed(data: unknown, datatype: string): ArrayLike<number> | string {
  const values = Array.isArray(data) ? (data.flat(Number.POSITIVE_INFINITY) as unknown[]) : [null];
  return values.every((value) => typeof value === 'number') ? (values as number[]) : `${datatype}, no numbers`;
}

/** The types of the protocol that are numbers. */
const NUMBERS = {
  FP32: Float32Array,
  FP64: Float64Array,
  INT8: Int8Array,
  UINT8: Uint8Array,
  INT16: Int16Array,
  UINT16: Uint16Array,
  INT32: Int32Array,
  UINT32: Uint32Array,
  INT64: BigInt64Array,
  UINT64: BigUint64Array,
} as const;

/** So many bytes from the start as little-endian numbers. A text says what is wrong. */
function numbersIn(bytes: Uint8Array, size: number, datatype: string): ArrayLike<number> | string {
  if (!Number.isInteger(size) || size < 0 || size > bytes.length) return `${size} bytes where ${bytes.length} are left`;
  if (!Object.hasOwn(NUMBERS, datatype)) return `${datatype}, no numbers`;
  const Numbers = NUMBERS[datatype as keyof typeof NUMBERS];
  if (size % Numbers.BYTES_PER_ELEMENT !== 0) return `${size} bytes, which is no whole number of ${datatype}`;
  // A copy of its own begins where any type may begin.
  const values = new Numbers(Uint8Array.from(bytes.subarray(0, size)).buffer);
  return values instanceof BigInt64Array || values instanceof BigUint64Array ? Array.from(values, Number) : values;
}

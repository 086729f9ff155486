import type { Model } from '../../../domain/model.ts';
import type { OutputTensor } from '../../../vision/decode-outputs.ts';
import type { InputData } from '../../../vision/input-tensor.ts';
import type { ModelServer, ServerAnswer } from '../servers/model-server.ts';
import { contentOf, failed, isRecord } from './model-metadata.ts';

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
    throw failed(server, model, `answered with the ${HEADER_LENGTH} "${String(told)}"`);
  }
  const { outputs } = contentOf(server, model, { status, bytes: bytes.subarray(0, length) });
  if (!Array.isArray(outputs)) throw failed(server, model, 'answered without outputs');
  let at = length;
  return outputs.map((output: unknown) => {
    const { name, datatype, shape, data, parameters } = isRecord(output) ? output : {};
    const axes = Array.isArray(shape) ? shape.map(Number) : [];
    const size = isRecord(parameters) ? parameters.binary_data_size : undefined;
    const values = typeof size === 'number' ? numbersIn(bytes.subarray(at, at + size), String(datatype)) : listed(data);
    if (typeof size === 'number') at += size;
    const expected = axes.reduce((product, axis) => product * axis, 1);
    if (values === null)
      throw failed(server, model, `answered with "${String(name)}" of ${String(datatype)}, no numbers`);
    if (values.length !== expected || at > bytes.length) {
      const found = `${values.length} numbers, not [${axes.join(', ')}]`;
      throw failed(server, model, `answered with "${String(name)}" of ${found}`);
    }
    return { name: String(name), shape: axes, data: values };
  });
}

/** JSON may nest a tensor's lists or not. */
function listed(data: unknown): ArrayLike<number> | null {
  const values = Array.isArray(data) ? (data.flat(Number.POSITIVE_INFINITY) as unknown[]) : [null];
  return values.every((value) => typeof value === 'number') ? (values as number[]) : null;
}

/** Little-endian numbers of a type of the protocol; null for one that is no number. */
function numbersIn(bytes: Uint8Array, datatype: string): ArrayLike<number> | null {
  // A copy of its own begins where any type may begin.
  const { buffer } = Uint8Array.from(bytes);
  const whole = (size: number): ArrayBuffer => buffer.slice(0, buffer.byteLength - (buffer.byteLength % size));
  switch (datatype) {
    case 'FP32':
      return new Float32Array(whole(4));
    case 'FP64':
      return new Float64Array(whole(8));
    case 'INT8':
      return new Int8Array(buffer);
    case 'UINT8':
      return new Uint8Array(buffer);
    case 'INT16':
      return new Int16Array(whole(2));
    case 'UINT16':
      return new Uint16Array(whole(2));
    case 'INT32':
      return new Int32Array(whole(4));
    case 'UINT32':
      return new Uint32Array(whole(4));
    case 'INT64':
      return Array.from(new BigInt64Array(whole(8)), Number);
    case 'UINT64':
      return Array.from(new BigUint64Array(whole(8)), Number);
    default:
      return null;
  }
}

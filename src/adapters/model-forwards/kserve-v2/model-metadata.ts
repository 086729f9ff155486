import type { Model } from '../../../domain/model.ts';
import type { InputType } from '../../../vision/input-tensor.ts';
import type { PictureInput } from '../../../vision/picture-input.ts';
import { isRecord, jsonOf, modelFailed, refusalOf } from '../servers/json-answer.ts';
import type { ModelServer, ServerAnswer } from '../servers/model-server.ts';

/** What a server says of a model, as far as a picture needs it. */
export interface ServedModelInfo {
  /** Path of the model, with its version where the server has any. */
  readonly path: string;
  readonly inputName: string;
  readonly type: InputType;
  /** With its axis for the batch, whether the server shows that or not. */
  readonly input: PictureInput;
  /** Whether pictures are sent in a batch of one. */
  readonly isBatched: boolean;
}

const INPUT_TYPES: Readonly<Record<string, InputType>> = { FP32: 'float32', UINT8: 'uint8', INT8: 'int8' };

/** The name that the protocol has for a type. */
export const DATATYPES: Readonly<Record<InputType, string>> = { float32: 'FP32', uint8: 'UINT8', int8: 'INT8' };

/**
 * Asks what a model takes. A server that tells versions must have the one of the inventory; one that tells none is asked
 * without. Rejects with `MODEL_FAILED`, naming model and reason, or `MODEL_SERVER_UNREACHABLE`.
 */
export async function modelInfo(server: ModelServer, model: Model, signal: AbortSignal): Promise<ServedModelInfo> {
  const plain = `/v2/models/${encodeURIComponent(model.name)}`;
  const latest = contentOf(server, model, await server.get(plain, signal));
  const versions = Array.isArray(latest.versions) ? latest.versions.map(String) : [];
  if (versions.length === 0) return infoOf(server, model, latest, plain);
  if (!versions.includes(model.version)) {
    throw modelFailed(server, model, `it has the versions ${versions.join(', ')}, not ${model.version}`);
  }
  const path = `${plain}/versions/${encodeURIComponent(model.version)}`;
  const own = versions.length === 1 ? latest : contentOf(server, model, await server.get(path, signal));
  return infoOf(server, model, own, path);
}

/** The JSON object of an answer. Throws `MODEL_FAILED` for anything else than a success. */
export function contentOf(
  server: ModelServer,
  model: Model,
  { status, bytes }: Pick<ServerAnswer, 'status' | 'bytes'>,
): Readonly<Record<string, unknown>> {
  const content = jsonOf({ bytes });
  if (status === 200 && isRecord(content)) return content;
  throw modelFailed(server, model, refusalOf(status, content));
}

function infoOf(
  server: ModelServer,
  model: Model,
  { inputs }: Readonly<Record<string, unknown>>,
  path: string,
): ServedModelInfo {
  const [input, ...more] = Array.isArray(inputs) ? (inputs as unknown[]) : [];
  if (!isRecord(input) || more.length > 0) {
    throw modelFailed(
      server,
      model,
      `says that it takes ${more.length + (input === undefined ? 0 : 1)} inputs, not one picture`,
    );
  }
  const { name, datatype, shape } = input;
  const type = INPUT_TYPES[String(datatype)];
  if (type === undefined) {
    const possible = Object.keys(INPUT_TYPES).join(', ');
    throw modelFailed(server, model, `says that its input is ${String(datatype)}; ${possible} are possible`);
  }
  // Some servers write lengths as text.
  const axes = (Array.isArray(shape) ? shape.map(Number) : []).map((axis) => (axis > 0 ? axis : null));
  const isBatched = axes.length !== 3;
  return { path, inputName: String(name), type, input: { shape: isBatched ? axes : [1, ...axes] }, isBatched };
}

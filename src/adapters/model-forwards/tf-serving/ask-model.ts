import { AppError, type ErrorCode } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';
import { isRecord, jsonOf, modelFailed, refusalOf } from '../servers/json-answer.ts';
import { type ModelServer, type ServerAnswer, withinTimeout } from '../servers/model-server.ts';

/** What a model is asked with. */
export interface Question {
  readonly body: Uint8Array;
  readonly mediaType: string;
  /** Behind the path, with its "?"; empty: nothing. */
  readonly query: string;
}

/** What a model is told to be by itself, so that the station says the same wherever its models run. */
const PICTURE_ERRORS: readonly string[] = ['IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE'] satisfies readonly ErrorCode[];

/** Asks the version of a model that the inventory names. Rejects with `TIMEOUT` or `MODEL_SERVER_UNREACHABLE`. */
export async function askModel(
  server: ModelServer,
  model: Model,
  { body, mediaType, query }: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const path = `/v1/models/${encodeURIComponent(model.name)}/versions/${encodeURIComponent(model.version)}:predict`;
  const headers = { 'content-type': mediaType };
  return await withinTimeout(server, model, timeoutMs, signal, (either) =>
    server.post(path + query, body, headers, either),
  );
}

/** Whether the server says that it takes a picture file where it takes JSON. */
export function takesPictures({ headers }: ServerAnswer): boolean {
  return /\bimage\/\*/.test(String(headers['accept-post'] ?? ''));
}

/** The JSON of an answer. Throws `MODEL_FAILED`, or what the server says of the picture, with what it takes in the details. */
export function parseAnswer(server: ModelServer, model: Model, answer: ServerAnswer): unknown {
  const { status } = answer;
  const content = jsonOf(answer);
  if (status === 200 && content !== undefined) return content;
  const { error = '', code = '' } = isRecord(content) ? content : {};
  if (PICTURE_ERRORS.includes(String(code))) throw new AppError(code as ErrorCode, String(error));
  throw modelFailed(server, model, refusalOf(status, content), { status, takesPictures: takesPictures(answer) });
}

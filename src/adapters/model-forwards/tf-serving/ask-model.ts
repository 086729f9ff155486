import { AppError, type ErrorCode } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';
import { isRecord } from './answer-fields.ts';
import type { ModelServer, ServerAnswer } from './model-server.ts';

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
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  const path = `/v1/models/${encodeURIComponent(model.name)}/versions/${encodeURIComponent(model.version)}:predict`;
  try {
    return await server.post(path + query, body, mediaType, AbortSignal.any([signal, controller.signal]));
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new AppError('TIMEOUT', `model "${model.name}" at ${server.address} did not answer in ${timeoutMs} ms`);
  } finally {
    clearTimeout(timer);
  }
}

/** The JSON of an answer. Throws `MODEL_FAILED`, or what the server says of the picture, with what it takes in the details. */
export function parseAnswer(server: ModelServer, model: Model, answer: ServerAnswer): unknown {
  const { status, text, takesPictures } = answer;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  if (status === 200 && content !== undefined) return content;
  const { error = '', code = '' } = isRecord(content) ? content : {};
  if (PICTURE_ERRORS.includes(String(code))) throw new AppError(code as ErrorCode, String(error));
  const said = typeof error === 'string' && error !== '' ? `: ${error.slice(0, 200)}` : '';
  const what = status === 200 ? 'answered with something that is not JSON' : `answered with status ${status}${said}`;
  throw new AppError('MODEL_FAILED', `model "${model.name}" failed: the model server ${server.address} ${what}`, {
    details: { status, takesPictures },
  });
}

import { AppError } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';
import type { ModelServer, ServerAnswer } from './model-server.ts';

/** The JSON of an answer; undefined where it is none. */
export function jsonOf({ bytes }: Pick<ServerAnswer, 'bytes'>): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What messages say of an answer that is no success, or not in JSON as expected: with the server's own sentence where it has one. */
export function refusalOf(status: number, content: unknown): string {
  if (status === 200)
    return `answered with ${content === undefined ? 'something that is not JSON' : 'another form of JSON'}`;
  const { error } = isRecord(content) ? content : {};
  const said = typeof error === 'string' && error !== '' ? `: ${error.slice(0, 200)}` : '';
  return `answered with status ${status}${said}`;
}

/** `MODEL_FAILED`, naming model and server. */
export function modelFailed(
  { address }: ModelServer,
  { name }: Model,
  what: string,
  details: Readonly<Record<string, unknown>> = {},
): AppError {
  return new AppError('MODEL_FAILED', `model "${name}" failed: the model server ${address} ${what}`, { details });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

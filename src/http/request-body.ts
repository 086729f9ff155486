import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { AppError } from '../domain/errors.ts';

/**
 * Reads JSON bodies whole, up to the server's limit. An empty body is `undefined` whatever its Content-Type says; any
 * other type is `MEDIA_TYPE_UNSUPPORTED`, but for forms where they are accepted.
 */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    body.length === 0 ? undefined : jsonOf(body),
  );
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    if (body.length === 0) return undefined;
    throw new AppError(
      'MEDIA_TYPE_UNSUPPORTED',
      'a body must be application/json; only /trigger and /upload take multipart/form-data',
    );
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text of bytes that claim to be UTF-8, undefined when they are not. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new AppError('REQUEST_MALFORMED', 'the body is not JSON', { cause });
  }
}

/** For routes whose every wrong body is `REQUEST_INVALID`, also one that is no JSON or comes as another type. */
export function anyWrongBody(thrown: unknown): never {
  const isWrongBody =
    thrown instanceof AppError && (thrown.code === 'REQUEST_MALFORMED' || thrown.code === 'MEDIA_TYPE_UNSUPPORTED');
  throw isWrongBody ? new AppError('REQUEST_INVALID', thrown.message, { cause: thrown }) : thrown;
}

/** The value in the given shape. Rejects with `REQUEST_INVALID`, naming everything that is wrong. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const sentences = result.error.issues.map(({ code, path, message }) =>
    code === 'invalid_type' && path.length === 0 ? 'the body must be a JSON object' : [...path, message].join(': '),
  );
  throw new AppError('REQUEST_INVALID', sentences.join('; '));
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { type Part, parseMultipart } from './multipart.ts';

/** Marks a multipart body; a JSON body cannot carry a symbol. */
const PARTS = Symbol('parts');

/** The parts of a multipart body; undefined for any other. */
export function partsOf(body: unknown): readonly Part[] | undefined {
  if (typeof body !== 'object' || body === null || !(PARTS in body)) return undefined;
  return body[PARTS] as readonly Part[];
}

/**
 * Reads bodies whole, up to the server's limit: JSON, and multipart as views of what was read. An empty body is
 * `undefined` whatever its Content-Type says; any other type is `MEDIA_TYPE_UNSUPPORTED`.
 */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    body.length === 0 ? undefined : jsonOf(body),
  );
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) =>
      body.length === 0 ? undefined : { [PARTS]: parseMultipart(body, request.headers['content-type'] ?? '') },
  );
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    if (body.length === 0) return undefined;
    throw new AppError('MEDIA_TYPE_UNSUPPORTED', 'a body must be application/json or multipart/form-data');
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

/** A JSON body of the given shape. Rejects with `REQUEST_INVALID`, naming everything that is wrong. */
export function bodyOf<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  if (partsOf(body) !== undefined) throw new AppError('MEDIA_TYPE_UNSUPPORTED', 'the body must be application/json');
  return checked(schema, body);
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

import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError, messageOf } from '../domain/errors.ts';
import { bodyTooLarge } from './error-response.ts';

/** One part of a form. */
export interface Part {
  /** Empty where the sender gave none. */
  readonly name: string;
  /** A file has a file name, or a media type that is no text. */
  readonly isFile: boolean;
  /** Undefined where the sender gave none; empty where the file field of a web form was left empty. */
  readonly filename: string | undefined;
  /** The whole of a buffer of its own: sent to a thread, it takes no neighbours with it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const MAX_PARTS = 256;

/** A boundary has at most 70 characters: a form without parts is hardly more than that. */
const MAX_EMPTY_FORM_BYTES = 128;

/** Lets the routes of this scope take forms, which they read with `partsOf`. */
export function acceptForms(scope: FastifyInstance): void {
  scope.register(multipart, {
    // Bytes as they were sent, of texts too: which part is a text is decided here, and no text is decoded half right.
    isPartAFile: () => true,
    // The body as a whole has the limit, not each of its files.
    limits: { parts: MAX_PARTS, fileSize: Number.POSITIVE_INFINITY },
  });
}

/**
 * Reads the parts of a multipart body; undefined for any other. Rejects with `REQUEST_TOO_LARGE` beyond the body limit
 * of the route, with `REQUEST_MALFORMED` what is not whole, and with `REQUEST_INVALID` a name that cannot be.
 */
export async function partsOf(request: FastifyRequest): Promise<readonly Part[] | undefined> {
  if (!request.isMultipart()) return undefined;
  const { raw, routeOptions } = request;
  const limit = routeOptions.bodyLimit;
  if (Number(request.headers['content-length']) > limit) throw bodyTooLarge(limit);

  const excess = Promise.withResolvers<never>();
  let received = 0;
  const count = (chunk: Uint8Array): void => {
    received += chunk.length;
    if (received > limit) excess.reject(bodyTooLarge(limit));
  };
  // The parser takes the bytes from the same stream in this very turn: neither misses any.
  raw.on('data', count);
  try {
    const parts = await Promise.race([readParts(request), excess.promise]);
    if (parts.length > 0 || received <= MAX_EMPTY_FORM_BYTES) return parts;
    throw new AppError('REQUEST_MALFORMED', 'the multipart body has no part with a Content-Disposition of form-data');
  } catch (error) {
    // What is still to come is read and dropped: a sender that cannot send reads no answer, and nor does the next one.
    raw.unpipe();
    raw.resume();
    throw formError(error);
  } finally {
    raw.off('data', count);
  }
}

async function readParts(request: FastifyRequest): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for await (const part of request.parts()) {
    // Texts come as files too (`isPartAFile`).
    if (part.type === 'file') parts.push(await readPart(part));
  }
  return parts;
}

async function readPart({ fieldname, filename, mimetype, encoding, file }: MultipartFile): Promise<Part> {
  if (encoding === 'base64' || encoding === 'quoted-printable') {
    throw new AppError('REQUEST_MALFORMED', `a part is encoded as ${encoding}; send its bytes as they are`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of file) chunks.push(chunk);
  const isText = mimetype.startsWith('text/') || mimetype === 'application/json';
  return { name: fieldname ?? '', filename, isFile: filename !== undefined || !isText, bytes: joined(chunks) };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function formError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code } = Object(error) as { readonly code?: string };
  if (code === 'FST_PARTS_LIMIT') return new AppError('REQUEST_TOO_LARGE', `a form has at most ${MAX_PARTS} parts`);
  if (code === 'FST_PROTO_VIOLATION') {
    return new AppError('REQUEST_INVALID', 'a part is called like something every object has, which no camera is');
  }
  return new AppError('REQUEST_MALFORMED', `the multipart body is malformed: ${messageOf(error)}`, { cause: error });
}

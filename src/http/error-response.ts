import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';

/** Every answer that is no success: RFC 9457 with the stable `code`, and the sentence under `message` as well. */
export const Problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The name of the HTTP status.' }),
    status: z.int(),
    code: z.string().meta({ description: 'Stable name of the error, for programs.' }),
    detail: z.string().meta({ description: 'One sentence that names the thing and, where it helps, the remedy.' }),
    message: z.string().meta({ description: 'The same sentence as `detail`.' }),
    details: z.record(z.string(), z.unknown()).optional().meta({ description: 'Facts about the error: ids, limits.' }),
  })
  .meta({
    id: 'Problem',
    examples: [
      {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        code: 'ITEM_NOT_FOUND',
        detail: 'no item "03a7adc7-59d5-4190-8160-4a71fd07cac5"',
        message: 'no item "03a7adc7-59d5-4190-8160-4a71fd07cac5"',
      },
    ],
  });
export type Problem = z.output<typeof Problem>;

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Seconds after which a station that was too busy is worth asking again. */
const RETRY_AFTER_S = '1';

/** What the framework's own errors are called here; any other of its client errors is a malformed request. */
const FRAMEWORK_ERRORS: Readonly<Record<string, AppError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new AppError('MEDIA_TYPE_UNSUPPORTED', 'the Content-Type of the body cannot be read'),
  FST_ERR_BAD_URL: new AppError('REQUEST_MALFORMED', 'the address holds a "%" that is no valid percent-encoding'),
};

/** A body beyond the limit, in bytes; the sentence gives it in MB as the station's settings do. */
export function bodyTooLarge(limit: number): AppError {
  const limitMb = Number((limit / (1024 * 1024)).toPrecision(3));
  return new AppError('REQUEST_TOO_LARGE', `the body is larger than the ${limitMb} MB that this station takes`);
}

/** Anything thrown, as the error it is answered with. What nobody foresaw is `INTERNAL`, its text kept as the cause. */
function appErrorOf(error: unknown, bodyLimit: number): AppError {
  if (error instanceof AppError) return error;
  const { code, statusCode, validation } = Object(error) as {
    readonly code?: string;
    readonly statusCode?: number;
    readonly validation?: readonly { readonly instancePath: string; readonly message?: string }[];
  };
  if (Array.isArray(validation)) {
    return new AppError('REQUEST_INVALID', validation.map(sentenceOf).join('; '), { cause: error });
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(bodyLimit);
  const known = FRAMEWORK_ERRORS[code ?? ''];
  if (known !== undefined) return known;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new AppError('REQUEST_MALFORMED', 'the request cannot be read', { cause: error });
  }
  return new AppError('INTERNAL', 'the station could not answer because of an error of its own; its log says more', {
    cause: error,
  });
}

function sentenceOf(issue: { readonly instancePath: string; readonly message?: string }): string {
  const path = issue.instancePath.slice(1).replaceAll('/', '.');
  return path === '' ? String(issue.message) : `${path}: ${issue.message}`;
}

/** The body of an answer; `status` only where the protocol asks for another one than the code's own. */
function problemOf(error: AppError, status = error.status): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: error.code,
    detail: error.message,
    message: error.message,
    ...(Object.keys(error.details).length > 0 && { details: error.details }),
  };
}

/** Answers with the problem, and returns the error it was taken for. */
export function sendProblem(reply: FastifyReply, thrown: unknown): AppError {
  const error = appErrorOf(thrown, reply.request.routeOptions.bodyLimit);
  // The framework closes the connection after a body it refuses, and a client that is still sending would see a
  // reset instead of the answer. Left open, what remains of the body is read and dropped.
  if (reply.hasHeader('connection')) reply.removeHeader('connection');
  if (error.status === 503) reply.header('retry-after', RETRY_AFTER_S);
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="edge-orchestrator"');
  reply.code(error.status).header('content-type', PROBLEM_MEDIA_TYPE).serializer(JSON.stringify).send(problemOf(error));
  return error;
}

/** The whole answer, as bytes of HTTP/1.1, to what never became a request; the connection ends with it. */
export function rawProblem(code: string | undefined): string {
  const [error, status] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [new AppError('REQUEST_TOO_LARGE', 'the address and headers of the request are too large'), 431]
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [new AppError('TIMEOUT', 'the request did not arrive in time'), 408]
        : [new AppError('REQUEST_MALFORMED', 'this is not HTTP that the station understands'), 400];
  const body = JSON.stringify(problemOf(error, status));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

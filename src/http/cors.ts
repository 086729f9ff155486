import type { FastifyReply, FastifyRequest } from 'fastify';

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST',
  'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match, Last-Event-ID',
  'access-control-max-age': '600',
} as const;

/**
 * Lets pages of the named origins (`*`: of any) read answers. Returns true when the request was a browser's question
 * beforehand and is answered by it.
 */
export function answerCors(origins: readonly string[], request: FastifyRequest, reply: FastifyReply): boolean {
  if (origins.length === 0) return false;
  reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !(origins.includes(origin) || origins.includes('*'))) return false;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', 'Link, Retry-After, ETag');
  const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  if (isPreflight) reply.code(204).headers(PREFLIGHT).send();
  return isPreflight;
}

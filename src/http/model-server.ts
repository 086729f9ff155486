import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Location } from '../domain/prediction.ts';
import type { ServedModel, ServedModels } from '../station/served-models.ts';
import { isLoopback, keyOrPasswordCheck } from './api-key.ts';
import { JSON_TYPE } from './api-server.ts';
import { listenOn } from './listen.ts';
import { metadataOf, statusOf } from './model-status.ts';
import type { ServerLog } from './server.ts';

export interface ModelServerOptions {
  /** Asked of every request but those for its health; null: of none. */
  readonly apiKey: string | null;
  /** Largest body taken. Default 64 MiB: 5 megapixels as JSON. */
  readonly bodyLimitBytes?: number;
  /** Bodies under way together, from which on predictions are refused. Default 512 MiB. */
  readonly maxBytesUnderWay?: number;
}

/** What a prediction may be asked with; said on every answer, so that a client knows before it encodes a picture. */
const ACCEPT_POST = 'application/json, image/*';
const MIB = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 120_000;
/** Predictions under way from which on more are refused: each holds a body and waits for a thread. */
const MAX_UNDER_WAY = 256;

interface Target {
  readonly name: string;
  /** Null: the only one there is. */
  readonly version: string | null;
  readonly what: 'status' | 'metadata' | 'predict';
}

/** Serves models until it is closed. Rejects with `ADDRESS_UNAVAILABLE`. */
export async function listenWithModels(
  models: ServedModels,
  { host, port, apiKey }: { readonly host: string; readonly port: number; readonly apiKey: string | null },
  log: ServerLog,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = buildModelServer(models, { apiKey: isLoopback(host) ? null : apiKey }, log);
  return await listenOn(app, { host, port });
}

/** The REST interface of TensorFlow Serving over the models of a root. It does not listen, and leaves the models open. */
export function buildModelServer(models: ServedModels, options: ModelServerOptions, log: ServerLog): FastifyInstance {
  const { apiKey, bodyLimitBytes = 64 * MIB, maxBytesUnderWay = 512 * MIB } = options;
  const app = Fastify({ bodyLimit: bodyLimitBytes, requestTimeout: REQUEST_TIMEOUT_MS, return503OnClosing: false });
  const hasKey = apiKey === null ? () => true : keyOrPasswordCheck(apiKey);
  const underWay = { count: 0, bytes: 0 };

  app.removeAllContentTypeParsers();
  // As TensorFlow Serving, it does not care what JSON is called.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body);
  app.setErrorHandler((thrown, request, reply) => {
    const error = appErrorOf(thrown);
    if (error.status === 500) log.error({ err: thrown, path: request.url }, 'request failed');
    sendError(reply, error);
  });
  app.setNotFoundHandler((request, reply) => {
    sendError(reply, new AppError('ROUTE_NOT_FOUND', `Malformed request: ${request.method} ${request.url}`));
  });
  app.addHook('onRequest', (request, reply, next) => {
    if (request.url.startsWith('/health/')) return next();
    reply.header('accept-post', ACCEPT_POST);
    if (hasKey(request.headers.authorization)) return next();
    next(new AppError('UNAUTHORIZED', 'send the key of this server as "Authorization: Bearer <key>", or as password'));
  });
  app.addHook('onRequest', (request, reply, next) => {
    if (request.method !== 'POST') return next();
    const bytes = Number(request.headers['content-length'] ?? bodyLimitBytes);
    if (underWay.count >= MAX_UNDER_WAY || (underWay.count > 0 && underWay.bytes + bytes > maxBytesUnderWay)) {
      reply.header('retry-after', '1');
      return next(new AppError('QUEUE_FULL', `${underWay.count} predictions are under way: try again later`));
    }
    underWay.count += 1;
    underWay.bytes += bytes;
    reply.raw.once('close', () => {
      underWay.count -= 1;
      underWay.bytes -= bytes;
    });
    next();
  });
  app.addHook('onResponse', (request, reply, next) => {
    log.debug({ path: request.url, status: reply.statusCode, ms: reply.elapsedTime }, 'request answered');
    next();
  });

  app.get('/health/live', async () => ({ live: true }));
  app.get('/health/ready', async (_request, reply) => {
    const problem = models.problem();
    const reasons = problem === null ? [] : [problem];
    const warnings = models.models.flatMap((model) => model.problem ?? []);
    return await reply.code(problem === null ? 200 : 503).send({ ready: problem === null, reasons, warnings });
  });
  app.get('/v1/models', async () => ({
    models: models.models.map((model) => ({ name: model.name, ...statusOf(model) })),
  }));
  app.get<{ Params: { '*': string } }>('/v1/models/*', async (request) => {
    const target = targetOf(request.params['*']);
    if (target === null || target.what === 'predict') throw malformed(request);
    const model = find(models, target);
    if (model === null) {
      throw new AppError('ROUTE_NOT_FOUND', `Could not find any versions of model ${named(target)}`);
    }
    return target.what === 'status' ? statusOf(model) : metadataOf(model);
  });
  app.post<{ Params: { '*': string }; Querystring: { readonly box?: unknown }; Body: Buffer | undefined }>(
    '/v1/models/*',
    async (request, reply) => {
      const target = targetOf(request.params['*']);
      if (target?.what !== 'predict') throw malformed(request);
      const hosted = find(models, target)?.hosted ?? null;
      if (hosted === null) {
        const said = target.version === null ? `Latest(${target.name})` : `Specific(${target.name}, ${target.version})`;
        throw new AppError('ROUTE_NOT_FOUND', `Servable not found for request: ${said}`);
      }
      const body = request.body ?? new Uint8Array();
      const signal = closedSignal(reply);
      const answer = /^image\//i.test(request.headers['content-type'] ?? '')
        ? await hosted.answerPicture(body, boxOf(request.query.box), signal)
        : await hosted.answerTensor(body, signal);
      return await reply.header('content-type', JSON_TYPE).send(answer);
    },
  );
  return app;
}

/** `{name}`, `{name}/versions/{v}`, both perhaps with `/metadata` or `:predict`; null for anything else. */
function targetOf(path: string): Target | null {
  const [, name, version, ending] =
    /^([^/:]+)(?:\/versions\/([^/:]+))?(\/metadata|:predict)?$/.exec(path.replace(/\/+$/, '')) ?? [];
  if (name === undefined) return null;
  const what = ending === undefined ? 'status' : ending === ':predict' ? 'predict' : 'metadata';
  return { name, version: version ?? null, what };
}

function find({ models }: ServedModels, { name, version }: Target): ServedModel | null {
  return models.find((model) => model.name === name && (version === null || model.version === version)) ?? null;
}

function named({ name, version }: Target): string {
  return version === null ? name : `${name}, version ${version}`;
}

function malformed(request: FastifyRequest): AppError {
  return new AppError('REQUEST_INVALID', `Malformed request: ${request.method} ${request.url}`);
}

/** Aborted when the client goes away before it has its answer. */
function closedSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new AppError('ABORTED', 'the client went away'));
  });
  return controller.signal;
}

/** `?box=xmin,ymin,xmax,ymax`, fractions of the upright picture. Throws `REQUEST_INVALID`. */
function boxOf(text: unknown): Location | null {
  if (text === undefined) return null;
  const edges =
    typeof text === 'string' ? text.split(',').map((edge) => (edge.trim() === '' ? Number.NaN : Number(edge))) : [];
  const [xmin = 0, ymin = 0, xmax = 0, ymax = 0] = edges;
  const isBox = edges.length === 4 && edges.every((edge) => edge >= 0 && edge <= 1) && xmin < xmax && ymin < ymax;
  if (isBox) return [xmin, ymin, xmax, ymax];
  throw new AppError('REQUEST_INVALID', '"box" is not xmin,ymin,xmax,ymax in fractions of the picture, 0 to 1');
}

function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { code, statusCode = 500 } = Object(thrown) as { readonly code?: string; readonly statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('REQUEST_TOO_LARGE', 'the body is too large');
  if (statusCode >= 400 && statusCode < 500) return new AppError('REQUEST_MALFORMED', messageOf(thrown));
  return new AppError(
    'INTERNAL',
    'the model server could not answer because of an error of its own; its log says more',
  );
}

/** `{"error": sentence}`, as TensorFlow Serving says it, with the stable code beside it. What a request has wrong is 400. */
function sendError(reply: FastifyReply, { code, status, message }: AppError): void {
  // Left open, what remains of a refused body is read and dropped; the client would see a reset instead of the answer.
  if (reply.hasHeader('connection')) reply.removeHeader('connection');
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="edge-orchestrator"');
  reply.code(status === 422 ? 400 : status).send({ error: message, code });
}

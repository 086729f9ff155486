import Fastify, { type FastifyInstance } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { AppError } from '../domain/errors.ts';
import type { Orchestrator } from '../station/orchestrator.ts';
import { keyCheck } from './api-key.ts';
import { answerCors } from './cors.ts';
import { rawProblem, sendProblem } from './error-response.ts';
import { acceptForms } from './form-parts.ts';
import { describeApi } from './openapi.ts';
import { acceptBodies } from './request-body.ts';
import { bookRoutes } from './routes/books.ts';
import { configRoutes } from './routes/configs.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { inventoryRoutes } from './routes/inventory.ts';
import { itemRoutes } from './routes/items.ts';
import { triggerRoutes } from './routes/trigger.ts';
import { createKnownRoutes, unknownRoute } from './unknown-route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered also without the key of the station. */
    keyless?: boolean;
  }
}

/** Where the server writes what it does: one line a request at debug. Any pino logger is one. */
export interface ServerLog {
  debug(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ServerOptions {
  /** Asked of every request but those for the station's health; null: of none. */
  readonly apiKey: string | null;
  /** Origins whose pages may read answers, such as `https://mes.example`; empty: none. `*` is any. */
  readonly corsOrigins: readonly string[];
  /** Largest body taken. Default 32 MiB. */
  readonly bodyLimitBytes?: number;
  /** Time between two comments that keep a quiet event stream open. Default 15 s. */
  readonly eventCommentIntervalMs?: number;
}

export interface ServerDeps {
  readonly orchestrator: Orchestrator;
  readonly options: ServerOptions;
  readonly log: ServerLog;
}

/** Longest time a request, body included, may take to arrive. */
const REQUEST_TIMEOUT_MS = 120_000;

/** Beyond what any address can have: an id that is too long is an unknown one, not an error of its own. */
const MAX_PARAM_LENGTH = 100_000;

/** The HTTP interface of a station. It does not listen, and its closing leaves the orchestrator open. */
export function buildServer({ orchestrator, options, log }: ServerDeps): FastifyInstance {
  const app = Fastify({
    bodyLimit: options.bodyLimitBytes ?? 32 * 1024 * 1024,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    // While it closes, the station still answers what it can; what it cannot, it refuses itself.
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, error);
    },
    clientErrorHandler: (error, socket) => {
      if (socket.writable && error.code !== 'ECONNRESET') socket.end(rawProblem(error.code));
      else socket.destroy();
    },
  });

  app.setValidatorCompiler(validatorCompiler);
  // Answers are typed where they are made; checking each again would cost more than the rest of a request.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((thrown, request, reply) => {
    const error = sendProblem(reply, thrown);
    if (error.status === 500)
      log.error({ err: thrown, method: request.method, path: pathOf(request.url) }, 'request failed');
  });
  // Requests that no route takes are refused further down, before their body is read; this is a file that /docs has not.
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, unknownRoute(request.method, pathOf(request.url), []));
  });
  acceptBodies(app);

  const routes = createKnownRoutes();
  app.addHook('onRoute', (route) => routes.add(route));

  const hasKey = options.apiKey === null ? () => true : keyCheck(options.apiKey);
  app.addHook('onRequest', (request, reply, next) => {
    if (answerCors(options.corsOrigins, request, reply)) return;
    const { keyless } = request.routeOptions.config;
    if (!keyless && !hasKey(request.headers.authorization)) {
      return next(new AppError('UNAUTHORIZED', 'send the key of this station as "Authorization: Bearer <key>"'));
    }
    if (!request.is404) return next();
    const path = pathOf(request.url);
    const allowed = routes.methodsOf(path);
    if (allowed.length > 0) reply.header('allow', [...allowed, 'OPTIONS'].join(', '));
    if (allowed.length > 0 && request.method === 'OPTIONS') return void reply.code(204).send();
    next(unknownRoute(request.method, path, allowed));
  });
  app.addHook('onResponse', (request, reply, next) => {
    const { method, url } = request;
    log.debug({ method, path: pathOf(url), status: reply.statusCode, ms: reply.elapsedTime }, 'request answered');
    next();
  });

  describeApi(app);
  app.register(
    (scope, _options, done) => {
      const api = scope.withTypeProvider<ZodTypeProvider>();
      healthRoutes(api, orchestrator);
      itemRoutes(api, orchestrator, options.apiKey === null ? 'public' : 'private');
      configRoutes(api, orchestrator);
      inventoryRoutes(api, orchestrator);
      bookRoutes(api, orchestrator);
      eventRoutes(api, orchestrator, options.eventCommentIntervalMs ?? 15_000);
      scope.register((withForms, _none, ready) => {
        acceptForms(withForms);
        triggerRoutes(withForms.withTypeProvider<ZodTypeProvider>(), orchestrator);
        ready();
      });
      done();
    },
    { prefix: '/api/v1' },
  );
  return app;
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

import {
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { AppError, messageOf } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';

export interface ServerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** An HTTP server that runs models. */
export interface ModelServer {
  /** Its address without user and password, for messages. */
  readonly address: string;
  /** Rejects with `MODEL_SERVER_UNREACHABLE`. A connection that breaks before an answer is tried once more, on a new one. */
  post(path: string, body: Uint8Array, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<ServerAnswer>;
  /** One request, never repeated. */
  get(path: string, signal: AbortSignal): Promise<ServerAnswer>;
  /** Ends its idle connections; a second call does nothing. */
  close(): void;
}

/** An answer longer than this is no prediction. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: Uint8Array | null;
  readonly headers: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
  /** Set once the first byte of an answer has come. */
  answered: boolean;
}

/** Connects at the first request and keeps connections open between requests. */
export function createModelServer(url: string): ModelServer {
  const base = new URL(url);
  const auth =
    base.username === '' ? null : `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  const root = `${base.protocol}//${base.host}${base.pathname.replace(/\/+$/, '')}`;
  const secure = base.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });

  function send(call: Call, keptAlive: boolean): Promise<ServerAnswer> {
    const { method, path, body, signal } = call;
    return new Promise((resolve, reject) => {
      const headers = body === null ? {} : { ...call.headers, 'content-length': body.length };
      const options = { method, headers, auth, signal, agent: keptAlive ? agent : false };
      const request = (secure ? requestHttps : requestHttp)(`${root}${path}`, options, (response) => {
        call.answered = true;
        readAnswer(response).then(resolve, reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  const unreachable = (cause: unknown): AppError =>
    new AppError('MODEL_SERVER_UNREACHABLE', `the model server ${root} cannot be reached: ${reasonOf(cause)}`, {
      cause,
    });

  return {
    address: root,
    async post(path, body, headers, signal) {
      const call: Call = { method: 'POST', path, body, headers, signal, answered: false };
      try {
        return await send(call, true).catch((error: unknown) => {
          if (signal.aborted || call.answered || !isBrokenConnection(error)) throw error;
          return send(call, false);
        });
      } catch (error) {
        throw unreachable(error);
      }
    },
    async get(path, signal) {
      const call: Call = { method: 'GET', path, body: null, headers: {}, signal, answered: false };
      return send(call, true).catch((error: unknown) => {
        throw unreachable(error);
      });
    },
    close: () => agent.destroy(),
  };
}

/** Whether a connection that stood broke; one that was never made is not worth a second try. */
function isBrokenConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

async function readAnswer(response: IncomingMessage): Promise<ServerAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) };
}

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  if (message !== '') return message;
  // Node tries every address of a name and then throws an error without a message of its own.
  return error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : 'no connection';
}

/** Asks about a model under the forward's own timeout. Rejects with `TIMEOUT`, which names model and server. */
export async function withinTimeout<Answer>(
  server: ModelServer,
  model: Model,
  timeoutMs: number,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    return await ask(AbortSignal.any([signal, controller.signal]));
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new AppError('TIMEOUT', `model "${model.name}" at ${server.address} did not answer in ${timeoutMs} ms`);
  } finally {
    clearTimeout(timer);
  }
}

/** One request that has nothing to do with a model. Rejects with `MODEL_SERVER_UNREACHABLE`, also when it takes too long. */
export async function answerOf(
  server: ModelServer,
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await server.get(path, AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (!timeout.aborted) throw error;
    const sentence = `the model server ${server.address} did not answer in ${timeoutMs} ms`;
    throw new AppError('MODEL_SERVER_UNREACHABLE', sentence, { cause: error });
  }
}

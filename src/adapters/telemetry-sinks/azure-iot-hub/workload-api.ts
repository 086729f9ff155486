import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import { reasonOf } from '../connections/reason-of.ts';

/** Answers are a certificate chain or a signature; a longer one comes from something else. */
const MAX_ANSWER_BYTES = 1_048_576;

const TrustBundle = z.object({ certificate: z.string().min(1) });
const Signature = z.object({ digest: z.string().min(1) });

/** What the IoT Edge runtime does for a module, which never sees its own key. Everything rejects with `TELEMETRY_FAILED`. */
export interface WorkloadApi {
  /** The authorities of the device's certificates (PEM). */
  trustBundle(signal: AbortSignal): Promise<string>;
  /** The HMAC-SHA256 of a text with the module's key, in base64. */
  sign(content: string, signal: AbortSignal): Promise<string>;
}

export interface WorkloadApiOptions {
  /** `unix:///path/of/the.sock` or `http://host:port`. */
  readonly uri: string;
  readonly apiVersion: string;
  readonly module: string;
  readonly generation: string;
}

export function openWorkloadApi({ uri, apiVersion, module, generation }: WorkloadApiOptions): WorkloadApi {
  const place = placeOf(uri);
  const version = `api-version=${encodeURIComponent(apiVersion)}`;

  async function ask<Answer>(path: string, shape: z.ZodType<Answer>, signal: AbortSignal, body?: object) {
    try {
      const { status, content } = await exchange({ ...place, path: `${path}?${version}` }, signal, body);
      if (status !== 200) throw new Error(`it answered with ${status}`);
      return shape.parse(JSON.parse(content));
    } catch (error) {
      signal.throwIfAborted();
      const isUnreadable = error instanceof SyntaxError || error instanceof z.ZodError;
      const reason = isUnreadable ? 'its answer has another form' : reasonOf(error);
      throw new AppError('TELEMETRY_FAILED', `the IoT Edge workload API failed: ${reason}`, { cause: error });
    }
  }

  return {
    async trustBundle(signal) {
      const { certificate } = await ask('/trust-bundle', TrustBundle, signal);
      return certificate;
    },
    async sign(content, signal) {
      const path = `/modules/${encodeURIComponent(module)}/genid/${encodeURIComponent(generation)}/sign`;
      const data = Buffer.from(content).toString('base64');
      const { digest } = await ask(path, Signature, signal, { keyId: 'primary', algo: 'HMACSHA256', data });
      return digest;
    },
  };
}

interface Place {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: string;
}

function placeOf(uri: string): Place {
  const url = URL.parse(uri);
  if (url?.protocol === 'unix:') return { socketPath: decodeURIComponent(url.pathname) };
  if (url?.protocol === 'http:') return { host: url.hostname, port: url.port || '80' };
  const forms = 'unix:///path/of/the.sock or http://host:port';
  throw new AppError('TELEMETRY_FAILED', `IOTEDGE_WORKLOADURI cannot be used: expected ${forms}`);
}

/** One request and its whole answer. Every connection is its own: hours pass between two of them. */
async function exchange(
  target: Place & { readonly path: string },
  signal: AbortSignal,
  body?: object,
): Promise<{ readonly status: number | undefined; readonly content: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; content: string }>();
  const sent = body === undefined ? '' : JSON.stringify(body);
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': sent.length };
  const method = body === undefined ? 'GET' : 'POST';
  const call = request({ ...target, method, headers, agent: false, signal }, (answer) => {
    let received = 0;
    answer.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > MAX_ANSWER_BYTES) answer.destroy(new Error('its answer is too long'));
    });
    text(answer).then((content) => resolve({ status: answer.statusCode, content }), reject);
  });
  call.on('error', reject);
  call.end(sent);
  return await promise;
}

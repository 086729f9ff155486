import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../domain/errors.ts';
import type { Orchestrator } from '../station/orchestrator.ts';
import { isLoopback } from './api-key.ts';
import { buildServer, type ServerLog } from './server.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Asked of callers unless `host` is this machine alone. */
  readonly apiKey: string | null;
  /** How long requests under way may take to end when the server closes, in milliseconds. Default 3 s. */
  readonly graceMs?: number;
  readonly server: { readonly cors_origins: readonly string[]; readonly body_limit_mb: number };
}

const BYTES_PER_MB = 1024 * 1024;
const DEFAULT_GRACE_MS = 3_000;

/** Serves the API of a station. Rejects with `ADDRESS_UNAVAILABLE`, naming host and port and what to do. */
export async function listen(
  orchestrator: Orchestrator,
  { host, port, apiKey, server, graceMs = DEFAULT_GRACE_MS }: ListenOptions,
  log: ServerLog,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = buildServer({
    orchestrator,
    options: {
      apiKey: isLoopback(host) ? null : apiKey,
      corsOrigins: server.cors_origins,
      bodyLimitBytes: server.body_limit_mb * BYTES_PER_MB,
    },
    log,
  });
  return await listenOn(app, { host, port, graceMs });
}

/** Listens with a server of any kind; closes it when it cannot. Rejects with `ADDRESS_UNAVAILABLE`. */
export async function listenOn(
  app: FastifyInstance,
  { host, port, graceMs = DEFAULT_GRACE_MS }: Pick<ListenOptions, 'host' | 'port' | 'graceMs'>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw new AppError('ADDRESS_UNAVAILABLE', sentenceOf(error, host, port), { cause: error });
  }
  const { port: actual } = app.server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shown}:${actual}`, close: () => closeWithin(app, graceMs) };
}

/** A sender that has stalled in the middle of its body does not keep the station from ending. */
async function closeWithin(app: FastifyInstance, graceMs: number): Promise<void> {
  const force = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(force);
  }
}

function sentenceOf(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is in use: stop what uses it, or choose another with --port`;
  if (code === 'EACCES')
    return `port ${port} on ${host} may not be used by this user: choose one above 1023 with --port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine`;
  return `cannot listen on ${host}, port ${port}: ${String(code ?? error)}`;
}

import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { type MemoryOrchestrator, memoryOrchestrator } from './memory-orchestrator.test-support.ts';
import { buildServer, type ServerOptions } from './server.ts';

export interface LogLine {
  readonly level: 'debug' | 'error';
  readonly fields: object;
  readonly message: string;
}

export interface TestServer {
  readonly app: FastifyInstance;
  readonly orchestrator: MemoryOrchestrator;
  readonly log: LogLine[];
  /** Listens on a free port of 127.0.0.1, where that is what the test is about. */
  listen(): Promise<{ readonly url: string; readonly port: number }>;
}

/** A server over a station in memory; it is closed when the test has finished. */
export function testServer(options: Partial<ServerOptions> = {}): TestServer {
  const orchestrator = memoryOrchestrator();
  const log: LogLine[] = [];
  const app = buildServer({
    orchestrator,
    options: { apiKey: null, corsOrigins: [], ...options },
    log: {
      debug: (fields, message) => log.push({ level: 'debug', fields, message }),
      error: (fields, message) => log.push({ level: 'error', fields, message }),
    },
  });
  onTestFinished(() => app.close());
  return {
    app,
    orchestrator,
    log,
    listen: async () => {
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      return { url, port: Number(new URL(url).port) };
    },
  };
}

/** A multipart body as a browser sends it: a string is a text part, bytes are a file. */
export async function formBody(
  parts: readonly (readonly [name: string, value: string | Uint8Array])[],
): Promise<{ readonly payload: Buffer; readonly headers: Readonly<Record<string, string>> }> {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([Uint8Array.from(value)]), `${name}.jpg`);
  }
  const encoded = new Response(form);
  const contentType = encoded.headers.get('content-type') ?? '';
  return { payload: Buffer.from(await encoded.arrayBuffer()), headers: { 'content-type': contentType } };
}

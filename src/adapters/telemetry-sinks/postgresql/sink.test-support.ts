import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { rootless } from '../../../ports/context.test-support.ts';
import type { TelemetrySink } from '../../../ports/telemetry-sink.ts';
import { listenInstead } from '../../../testing/network.test-support.ts';
import { postgresqlTelemetrySink } from '../postgresql-telemetry-sink.ts';

export interface SinkOptions {
  readonly pool_size?: number;
  readonly timeout_ms?: number;
}

/** A sink of the station "edge-1" that is closed when the test ends. */
export async function openSink(address: string, options: SinkOptions = {}): Promise<TelemetrySink> {
  const context = { ...rootless, env: { POSTGRES_DB_URI: address } };
  const sink = await postgresqlTelemetrySink.open({ pool_size: 2, timeout_ms: 10_000, ...options }, context);
  onTestFinished(() => sink.close());
  return sink;
}

/** The address of something that listens and is no PostgreSQL server; it is gone when the test ends. */
export async function somethingElse(onConnection: (socket: Socket) => void): Promise<string> {
  const { port } = await listenInstead(onConnection);
  return `postgresql://edge:swordfish-4711@127.0.0.1:${port}/iot`;
}

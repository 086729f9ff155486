import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import type { AppError } from '../../../domain/errors.ts';
import { rootless } from '../../../ports/context.test-support.ts';
import { exampleTelemetry } from '../../../ports/telemetry-sink.contract.ts';
import type { Telemetry, TelemetrySink } from '../../../ports/telemetry-sink.ts';
import { listenInstead } from '../../../testing/network.test-support.ts';
import { postgresqlTelemetrySink } from '../postgresql-telemetry-sink.ts';

export const never = new AbortController().signal;

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

/** Telemetry of items, all of them OK. */
export function telemetryOf(...itemIds: readonly string[]): readonly Telemetry[] {
  return itemIds.map((itemId) => exampleTelemetry(itemId));
}

/** What something was rejected with: an error of the product that shows no password, whoever looks into it. */
export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => expect.fail('it was not rejected'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'AppError' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/swordfish/);
  return error as AppError;
}

/** The address of something that listens and is no PostgreSQL server; it is gone when the test ends. */
export async function somethingElse(onConnection: (socket: Socket) => void): Promise<string> {
  const { port } = await listenInstead(onConnection);
  return `postgresql://edge:swordfish-4711@127.0.0.1:${port}/iot`;
}

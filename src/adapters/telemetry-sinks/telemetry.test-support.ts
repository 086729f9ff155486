import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { AppError } from '../../domain/errors.ts';
import { exampleTelemetry } from '../../ports/telemetry-sink.contract.ts';
import type { Telemetry } from '../../ports/telemetry-sink.ts';

/** What tests of sinks call nothing off with. */
export const never = new AbortController().signal;

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

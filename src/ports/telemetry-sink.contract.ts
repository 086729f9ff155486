import { describe, expect, it } from 'vitest';
import type { TelemetrySink } from './telemetry-sink.ts';

const never = new AbortController().signal;
const message = { item_id: 'item-1', config: 'line', decision: 'OK' } as const;

/** What every telemetry sink promises. `open` gives one that can be reached now. */
export function telemetrySinkContract(open: () => Promise<TelemetrySink>): void {
  describe('as a telemetry sink', () => {
    it('takes messages, also several at once', async () => {
      const sink = await open();
      const sent = Promise.all([sink.send(message, never), sink.send({ ...message, decision: 'KO' }, never)]);
      await expect(sent).resolves.toHaveLength(2);
      await sink.close();
    });

    it('rejects at once when it is already called off', async () => {
      const sink = await open();
      await expect(sink.send(message, AbortSignal.abort())).rejects.toThrow();
      await sink.close();
    });

    it('closes twice without complaint', async () => {
      const sink = await open();
      await sink.close();
      await expect(sink.close()).resolves.toBeUndefined();
    });
  });
}

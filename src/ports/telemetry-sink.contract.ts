import { describe, expect, it } from 'vitest';
import type { Decision } from '../domain/decision.ts';
import type { Telemetry, TelemetrySink } from './telemetry-sink.ts';

const never = new AbortController().signal;

/** Telemetry of an item, for tests. */
export function exampleTelemetry(itemId: string, decision: Decision = 'OK'): Telemetry {
  return {
    message: { item_id: itemId, config: 'line', decision },
    receivedAt: new Date('2026-04-02T11:22:12.250+02:00'),
  };
}

/** What every telemetry sink promises. `open` gives one that can be reached now. */
export function telemetrySinkContract(open: () => Promise<TelemetrySink>): void {
  describe('as a telemetry sink', () => {
    it('takes messages, also several at once', async () => {
      const sink = await open();
      const many = Array.from({ length: 200 }, (_, index) => exampleTelemetry(`many-${index}`));
      const sent = Promise.all([
        sink.send([exampleTelemetry('item-1')], never),
        sink.send([exampleTelemetry('item-2', 'KO'), exampleTelemetry('item-3', 'NO_DECISION')], never),
        sink.send(many, never),
        sink.send([], never),
      ]);
      await expect(sent).resolves.toHaveLength(4);
      await sink.close();
    });

    it('takes a message that it has already', async () => {
      const sink = await open();
      await sink.send([exampleTelemetry('item-1')], never);
      await expect(sink.send([exampleTelemetry('item-1'), exampleTelemetry('item-4')], never)).resolves.toBeUndefined();
      await sink.close();
    });

    it('says that it can be reached', async () => {
      const sink = await open();
      await expect(sink.check(never)).resolves.toBeUndefined();
      await sink.close();
    });

    it('rejects at once when it is already called off', async () => {
      const sink = await open();
      await expect(sink.send([exampleTelemetry('item-1')], AbortSignal.abort())).rejects.toThrow();
      await sink.close();
    });

    it('closes twice without complaint', async () => {
      const sink = await open();
      await sink.close();
      await expect(sink.close()).resolves.toBeUndefined();
    });
  });
}

import { describe, expect, it } from 'vitest';
import type { Decision } from '../domain/decision.ts';
import type { Telemetry, TelemetryMessage, TelemetrySink } from './telemetry-sink.ts';

const never = new AbortController().signal;

/** Telemetry of an item, for tests. */
export function exampleTelemetry(itemId: string, decision: Decision = 'OK'): Telemetry {
  return {
    message: { item_id: itemId, config: 'line', decision },
    receivedAt: new Date('2026-04-02T11:22:12.250+02:00'),
  };
}

/** What a telemetry sink is tried with. */
export interface TelemetrySinkSubject {
  /** One that can be reached now and has no messages yet. */
  open(): Promise<TelemetrySink>;
  /** The messages that the sink opened last has taken, in no order; null where it tells nobody. */
  readonly received: (() => Promise<readonly TelemetryMessage[]>) | null;
}

/** Ids and names that some protocol, statement or file would read as something else. */
const HOSTILE = [
  'Ü – ✓ 部品 🦊',
  "'; DROP TABLE telemetry; --",
  '"double" and \\ back',
  '$1 ${NAME} $$ %s %2F &a=b',
  '{"item_id": "other"}',
  '../../etc/passwd',
  'a/b/+/#',
  ' line\r\nbreaks\tand spaces ',
  '\u202e\u2028\ufeff',
  'null',
  '部'.repeat(300),
] as const;

/** What every telemetry sink promises. */
export function telemetrySinkContract({ open, received }: TelemetrySinkSubject): void {
  async function expectReceived(sent: readonly Telemetry[]): Promise<void> {
    if (received === null) return;
    const sorted = (messages: readonly TelemetryMessage[]) =>
      messages.toSorted((one, other) => (one.item_id < other.item_id ? -1 : 1));
    expect(sorted(await received())).toEqual(sorted(sent.map(({ message }) => message)));
  }

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

    it('takes all that 50 senders send at once', async () => {
      const sink = await open();
      const sent = Array.from({ length: 50 }, (_, sender) =>
        Array.from({ length: 3 }, (_, index) => exampleTelemetry(`item-${sender}-${index}`)),
      );
      await Promise.all(sent.map((telemetry) => sink.send(telemetry, never)));
      await expectReceived(sent.flat());
      await sink.close();
    });

    it('takes ids and names of any characters as they are', async () => {
      const sink = await open();
      const sent = HOSTILE.map((text): Telemetry => {
        const { message, receivedAt } = exampleTelemetry(text);
        return { message: { ...message, config: text }, receivedAt };
      });
      await sink.send(sent, never);
      await expectReceived(sent);
      await sink.close();
    });

    it('takes a NUL character or refuses it clearly, and takes what comes after', async () => {
      const sink = await open();
      const withNul = exampleTelemetry('item\0-1');
      const refusal: unknown = await sink.send([withNul], never).catch((error: unknown) => error);
      if (refusal !== undefined) {
        expect(refusal).toMatchObject({ code: 'REFUSED', message: expect.stringMatching(/NUL|0x00|null/i) });
      }
      await sink.send([exampleTelemetry('item-2')], never);
      await expectReceived([...(refusal === undefined ? [withNul] : []), exampleTelemetry('item-2')]);
      await sink.close();
    });

    it('lets go of 50 senders that are called off, and serves the next', async () => {
      const sink = await open();
      const abort = new AbortController();
      const reason = new Error('the station is stopped');
      const sending = Array.from({ length: 50 }, (_, index) =>
        sink.send([exampleTelemetry(`item-${index}`)], abort.signal).catch((error: unknown) => error),
      );
      abort.abort(reason);
      for (const outcome of await Promise.all(sending)) expect([undefined, reason]).toContain(outcome);
      await expect(sink.send([exampleTelemetry('item-50')], never)).resolves.toBeUndefined();
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

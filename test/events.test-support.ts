import type { Decision } from '../src/domain/decision.ts';

export interface ReceivedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: {
    readonly item_id: string;
    readonly state: string;
    readonly decision: Decision | null;
    readonly station_config: string;
    readonly at: string;
    readonly active: string | null;
  };
}

export interface EventStream {
  readonly received: readonly ReceivedEvent[];
  /** Resolves with what has been received once `isEnough` says so. */
  until(isEnough: (received: readonly ReceivedEvent[]) => boolean): Promise<readonly ReceivedEvent[]>;
  close(): void;
}

const TIMEOUT_MS = 20_000;

/** Listens to `/events` of a station, from now on or from after `lastEventId`. */
export async function listenToEvents(url: string, lastEventId?: string): Promise<EventStream> {
  const ending = new AbortController();
  const answer = await fetch(`${url}/api/v1/events`, {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    signal: ending.signal,
  });
  const received: ReceivedEvent[] = [];
  const listeners = new Set<() => void>();
  const read = async (): Promise<void> => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      received.push(...frames.flatMap(eventOf));
      for (const listener of listeners) listener();
    }
  };
  read().catch(() => undefined);
  return {
    received,
    async until(isEnough) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const listener = (): void => {
        if (isEnough(received)) resolve();
      };
      const timer = setTimeout(() => reject(new Error(`received only ${JSON.stringify(received)}`)), TIMEOUT_MS);
      listeners.add(listener);
      listener();
      await promise.finally(() => {
        clearTimeout(timer);
        listeners.delete(listener);
      });
      return received;
    },
    close: () => ending.abort(),
  };
}

function eventOf(frame: string): readonly ReceivedEvent[] {
  const fields = new Map<string, string>();
  for (const line of frame.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart());
  }
  const data = fields.get('data');
  if (data === undefined) return [];
  return [{ id: fields.get('id') ?? '', event: fields.get('event') ?? '', data: JSON.parse(data) }];
}

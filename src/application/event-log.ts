import type { Decision } from '../domain/decision.ts';
import type { ItemState } from '../domain/item.ts';

export interface ItemEvent {
  readonly event: 'item';
  readonly data: {
    readonly item_id: string;
    readonly state: ItemState;
    readonly decision: Decision | null;
    readonly station_config: string;
    /** ISO 8601 */
    readonly at: string;
  };
}

export interface ConfigEvent {
  readonly event: 'config';
  readonly data: { readonly active: string | null };
}

export type StationEvent = ItemEvent | ConfigEvent;
export type NumberedEvent = StationEvent & { readonly id: string };

/** What happens at the station, as it happens; the last events are kept so that a listener who lost its connection misses nothing. */
export interface EventLog {
  publish(event: StationEvent): void;
  /**
   * Calls the listener with the kept events after `lastEventId` (all that are kept when that one is not known any more,
   * none without it), then with every new one. Returns the function that ends it.
   */
  subscribe(listener: (event: NumberedEvent) => void, lastEventId?: string): () => void;
}

const KEPT_EVENTS = 1_000;

/** `epoch` tells this run of the station from earlier ones, so that an id of an earlier run is not taken for one of this. */
export function createEventLog(epoch: string): EventLog {
  const kept: NumberedEvent[] = [];
  const listeners = new Set<(event: NumberedEvent) => void>();
  let sequence = 0;

  /** A listener that throws has lost its connection: it ends, and nothing else does. It may come back and resume. */
  const tell = (listener: (event: NumberedEvent) => void, event: NumberedEvent): void => {
    try {
      listener(event);
    } catch {
      listeners.delete(listener);
    }
  };

  const missedSince = (lastEventId: string): readonly NumberedEvent[] => {
    const index = kept.findIndex((event) => event.id === lastEventId);
    if (index >= 0) return kept.slice(index + 1);
    const isLatest = lastEventId === `${epoch}-${sequence}`;
    return isLatest ? [] : kept;
  };

  return {
    publish(event) {
      sequence += 1;
      const numbered = { ...event, id: `${epoch}-${sequence}` };
      kept.push(numbered);
      if (kept.length > KEPT_EVENTS) kept.shift();
      for (const listener of [...listeners]) tell(listener, numbered);
    },
    subscribe(listener, lastEventId) {
      if (lastEventId !== undefined) for (const event of missedSince(lastEventId)) listener(event);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

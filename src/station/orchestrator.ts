import type { DeadLetters } from '../application/dead-letters.ts';
import type { EventLog } from '../application/event-log.ts';
import type { InspectionCounts } from '../application/inspections.ts';
import type { Ledger } from '../application/ledger.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Item } from '../domain/item.ts';
import type { ItemPage, ItemQuery } from '../ports/journal.ts';
import type { DeliveryStatus } from './delivery.ts';

export interface StoredImage {
  /** `<camera id>.<ending>` */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface TriggerRequest {
  readonly serialNumber: string | null;
  readonly category: string | null;
  /** The same key again is the same item, also after a restart; null: every trigger is another part. */
  readonly idempotencyKey: string | null;
  /** Pictures that came with the trigger, by camera id; `image` stands for the first camera of the config. */
  readonly images: Readonly<Record<string, Uint8Array>>;
}

export interface Health {
  /** Why the station is not ready to inspect; empty when it is. */
  readonly reasons: readonly string[];
  /** What is wrong without being in the way of an inspection, such as a telemetry sink that does not answer. */
  readonly warnings: readonly string[];
}

/** Where an item has been delivered to, beside the disk of the station. */
export interface ItemDelivery {
  readonly item_id: string;
  /** Whether the station still has it, or it was removed there to make room. */
  readonly on_station: boolean;
  readonly deliveries: readonly Delivery[];
}

/** Everything the station knows of its own state. */
export interface StationStatus extends Health {
  readonly deliveries: readonly DeliveryStatus[];
  readonly storage: {
    /** Null where nobody can tell, as for items in memory. */
    readonly free_bytes: number | null;
    /** Size of the items that are kept. */
    readonly used_bytes: number;
    readonly bytes_per_hour: number;
    /** At this rate, if nothing is removed; null when nothing is added. */
    readonly hours_until_full: number | null;
  };
  /** Since the station was started. */
  readonly counts: InspectionCounts;
  readonly dead_letters: number;
  /** Items of an earlier run that are still to be finished. */
  readonly recovering: number;
}

/** How far writing the journal anew from the stored items is. */
export interface ReindexState {
  readonly running: boolean;
  /** Items that are in the journal so far. */
  readonly items: number;
  readonly unreadable: number;
  /** Why it ended before its time; null when it did not. */
  readonly failure: string | null;
  /** ISO 8601; null before the first one has ended. */
  readonly finished_at: string | null;
}

/** What HTTP and the command line ask of a station: everything they can do, and nothing they could break. */
export interface Orchestrator {
  readonly items: {
    find(id: string): Promise<Item | undefined>;
    list(query: ItemQuery): Promise<ItemPage>;
    /** Undefined for an unknown item and for a camera that stored no picture. */
    binary(id: string, cameraId: string): Promise<StoredImage | undefined>;
    /** Undefined for an unknown item. */
    delivery(id: string): Promise<ItemDelivery | undefined>;
  };
  /**
   * Starts an inspection and resolves with the item's id once the item is on disk; the inspection goes on behind it.
   * Rejects with `NO_ACTIVE_CONFIG`, `QUEUE_FULL`, `STATION_CLOSING`, or `REQUEST_INVALID` for a picture of an unknown camera.
   */
  trigger(request: TriggerRequest): Promise<string>;
  /** Stores a picture as binary `0` of a new item without inspecting it. Rejects with `NO_ACTIVE_CONFIG`. */
  upload(image: Uint8Array): Promise<string>;
  /** Resolves with the item once it is `Done`. */
  finished(itemId: string): Promise<Item>;
  readonly configs: {
    /** Every valid station config as written, read afresh, by name. */
    all(): Promise<Readonly<Record<string, unknown>>>;
    /** Of every file of the root, read afresh. */
    diagnostics(): Promise<readonly Diagnostic[]>;
    /** The active config as written. */
    active(): unknown;
    /** Opens the config's station, swaps it in and resolves with the config as written. Rejects with `CONFIG_NOT_SELECTED`, `CONFIG_NOT_FOUND`, `CONFIG_INVALID` or `MODEL_INVALID`; then nothing has changed. */
    activate(name: string): Promise<unknown>;
  };
  /** As written. */
  inventory(): Promise<unknown>;
  readonly events: EventLog;
  health(): Promise<Health>;
  status(): Promise<StationStatus>;
  /** Adds up the books from what is really there, which takes a while: seconds for 100,000 items. */
  ledger(signal?: AbortSignal): Promise<Ledger>;
  readonly deadLetters: DeadLetters;
  readonly reindex: {
    /** Takes in what the storages of the station hold and the journal does not, beside all other work. Throws `REINDEX_RUNNING`. */
    start(): ReindexState;
    state(): ReindexState;
  };
  /** Keeps the address at which this station answers, for commands that ask a running one. */
  announce(address: string): Promise<void>;
  /** Takes no more triggers and resolves when running inspections are done; everything can still be asked. */
  drain(): Promise<void>;
  /** Takes no more triggers, lets running inspections finish, closes everything; a second call waits for the first. */
  close(): Promise<void>;
}

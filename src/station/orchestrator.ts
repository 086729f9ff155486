import type { EventLog } from '../application/event-log.ts';
import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Item } from '../domain/item.ts';
import type { ItemPage, ItemQuery } from '../ports/journal.ts';

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

/** What HTTP and the command line ask of a station: everything they can do, and nothing they could break. */
export interface Orchestrator {
  readonly items: {
    find(id: string): Promise<Item | undefined>;
    list(query: ItemQuery): Promise<ItemPage>;
    /** Undefined for an unknown item and for a camera that stored no picture. */
    binary(id: string, cameraId: string): Promise<StoredImage | undefined>;
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
  /** Takes no more triggers and resolves when running inspections are done; everything can still be asked. */
  drain(): Promise<void>;
  /** Takes no more triggers, lets running inspections finish, closes everything; a second call waits for the first. */
  close(): Promise<void>;
}

import type { Decision } from '../../domain/decision.ts';
import type { Delivery, Destination } from '../../domain/delivery.ts';
import type { ItemState } from '../../domain/item.ts';
import type { KeepClass } from '../../domain/keep-class.ts';
import type {
  Backlog,
  DeadLetter,
  DeliveryOutcome,
  ItemFilter,
  JournaledItem,
  Recovery,
  RemovedTally,
} from '../../ports/journal.ts';

/** What the journal's thread is started with. */
export interface JournalSetup {
  /** Absolute path, or `:memory:`. */
  readonly file: string;
  /** Most items to keep, or null for all. */
  readonly capacity: number | null;
  /** Absolute path of the file for facts, where they are kept apart from the items; null: with them. */
  readonly factsFile: string | null;
}

/** An item as the journal keeps it: the columns it is found by, and its JSON text. */
export interface ItemRow {
  readonly id: string;
  readonly receivedMs: number;
  readonly state: ItemState;
  readonly decision: Decision | null;
  readonly stationConfig: string;
  readonly serialNumber: string | null;
  readonly idempotencyKey: string | null;
  readonly keepClass: KeepClass;
  /** Size on disk of its pictures and its record. */
  readonly bytes: number;
  readonly text: string;
  /** Where it is to be delivered to once it is `Done`. */
  readonly destinations: readonly Destination[];
}

/** Place of an item in the order of the list. */
export interface ListPlace {
  readonly receivedMs: number;
  readonly seq: number;
}

export interface ListRow extends ListPlace {
  readonly text: string;
}

export interface ListRequest {
  readonly filter: ItemFilter;
  readonly limit: number;
  /** Only items after this one in the list, which is newest first. */
  readonly before: ListPlace | null;
}

/** A piece on its way, its item as JSON text. */
export interface DueRow {
  readonly place: number;
  readonly text: string;
  readonly attempts: number;
}

/** What the thread can be told. What is told together is one commit: all of it or nothing. */
export interface JournalWrites {
  record(rows: readonly ItemRow[]): void;
  remember(key: string, value: string): void;
  settle(outcomes: readonly DeliveryOutcome[]): void;
  reopen(itemId: string, destination: Destination): boolean;
  drop(itemId: string, destination: Destination): boolean;
  putRecovery(recovery: Recovery): void;
  removeRecovery(itemId: string): boolean;
  remove(ids: readonly string[], isKeptElsewhere: boolean): void;
}

/** What the thread can be asked. */
export interface JournalReads {
  find(itemId: string): string | null;
  idOfKey(idempotencyKey: string): string | null;
  list(request: ListRequest): readonly ListRow[];
  unfinished(): readonly string[];
  isEmpty(): boolean;
  recall(key: string): string | null;
  due(destination: Destination, limit: number): readonly DueRow[];
  deliveriesOf(itemId: string): readonly Delivery[];
  backlogs(): readonly Backlog[];
  recoveries(): readonly Recovery[];
  deadLetters(): readonly DeadLetter[];
  has(itemId: string): boolean;
  count(): number;
  walk(after: number, limit: number): readonly JournaledItem[];
  removable(keepClass: KeepClass, beforeMs: number, limit: number): readonly JournaledItem[];
  configOfRemoved(itemId: string): string | null;
  removed(): RemovedTally;
  bytes(): number;
  /** The last question: what comes with it is answered, nothing comes after it. */
  close(): void;
}

export type JournalCalls = JournalWrites & JournalReads;

export interface JournalRequest {
  readonly id: number;
  readonly call: keyof JournalCalls;
  readonly args: readonly unknown[];
  /** A write that may wait a moment for company. */
  readonly isPatient: boolean;
}

export interface JournalAnswer {
  readonly id: number;
  readonly value: unknown;
  readonly failure: { readonly message: string; readonly isFull: boolean } | null;
}

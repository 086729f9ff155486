import type { Decision } from '../../domain/decision.ts';
import type { ItemState } from '../../domain/item.ts';
import type { ItemFilter } from '../../ports/journal.ts';

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
  readonly text: string;
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
  readonly kind: 'list';
  readonly filter: ItemFilter;
  readonly limit: number;
  /** Only items after this one in the list, which is newest first. */
  readonly before: ListPlace | null;
}

export type JournalQuestion =
  | { readonly kind: 'record' | 'note'; readonly rows: readonly ItemRow[] }
  | { readonly kind: 'remember'; readonly key: string; readonly value: string }
  | { readonly kind: 'recall'; readonly key: string }
  | { readonly kind: 'find'; readonly itemId: string }
  | { readonly kind: 'id-of-key'; readonly idempotencyKey: string }
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'is-empty' }
  | { readonly kind: 'close' }
  | ListRequest;

export type JournalRequest = JournalQuestion & { readonly id: number };

export interface JournalAnswer {
  readonly id: number;
  readonly value: unknown;
  readonly failure: { readonly message: string; readonly isFull: boolean } | null;
}

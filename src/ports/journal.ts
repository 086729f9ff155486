import type { Decision } from '../domain/decision.ts';
import type { Item, ItemState } from '../domain/item.ts';

/** Which items to list: every given field must match. */
export interface ItemFilter {
  readonly decision?: Decision | undefined;
  readonly state?: ItemState | undefined;
  readonly stationConfig?: string | undefined;
  readonly serialNumber?: string | undefined;
  /** Milliseconds since the epoch, inclusive. */
  readonly from?: number | undefined;
  /** Milliseconds since the epoch, inclusive. */
  readonly to?: number | undefined;
}

export interface ItemQuery extends ItemFilter {
  /** 1…1000 */
  readonly limit: number;
  /** Where an earlier page ended. */
  readonly cursor?: string | undefined;
}

export interface ItemPage {
  /** Newest first. */
  readonly items: readonly Item[];
  /** Cursor of the next page, null on the last one. */
  readonly next: string | null;
}

/** The station's own index of its items: what `GET /items` reads, and what a restart starts from. */
export interface Journal {
  /** Records items as they are now, replacing earlier records of the same ids; resolves when they are on disk. Calls made together share one commit. Rejects with `STORAGE_FAILED`. */
  record(items: readonly Item[]): Promise<void>;
  /**
   * Records items like `record`, but lets the disk take its time: they go with the next commit that somebody waits for,
   * at the latest after a moment. For what a restart finds elsewhere. Whatever is asked afterwards knows them.
   */
  note(items: readonly Item[]): Promise<void>;
  find(id: string): Promise<Item | undefined>;
  /** The id of the item that was triggered with this idempotency key. */
  idOfKey(idempotencyKey: string): Promise<string | undefined>;
  list(query: ItemQuery): Promise<ItemPage>;
  /** Items that are not `Done`: what a stopped process left behind. */
  unfinished(): Promise<readonly Item[]>;
  /** Keeps a small fact of the station over a restart, such as the name of the active config. */
  remember(key: string, value: string): Promise<void>;
  recall(key: string): Promise<string | undefined>;
  /** Commits what was recorded and closes the file; a second call does nothing. */
  close(): Promise<void>;
}

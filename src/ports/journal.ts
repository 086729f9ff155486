import type { Decision } from '../domain/decision.ts';
import type { Delivery, Destination } from '../domain/delivery.ts';
import type { Item, ItemState } from '../domain/item.ts';
import type { KeepClass } from '../domain/keep-class.ts';

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

/** One item on its way to one destination. */
export interface DuePiece {
  /** Place in the order of delivery. */
  readonly place: number;
  readonly item: Item;
  /** How often it was tried. */
  readonly attempts: number;
}

/** What became of an attempt to deliver a piece. */
export interface DeliveryOutcome {
  readonly place: number;
  /** `waiting`: it failed and is tried again. */
  readonly state: Delivery['state'];
  /** Why it failed; null when it did not. */
  readonly error: string | null;
}

/** How far the deliveries to one destination are. */
export interface Backlog {
  readonly destination: Destination;
  /** At most 100,000 are counted. */
  readonly waiting: number;
  /** When the oldest piece that waits came to wait, in milliseconds since the epoch; null when none waits. */
  readonly oldestMs: number | null;
  readonly setAside: number;
}

/** What an item still has to get elsewhere: filled by the journal itself in the commit that makes an item `Done`. */
export interface Outbox {
  /** The oldest pieces that wait, at most `limit`. */
  due(destination: Destination, limit: number): Promise<readonly DuePiece[]>;
  /** Keeps what became of attempts; with the next commit, as a piece that is sent twice counts once. */
  settle(outcomes: readonly DeliveryOutcome[]): Promise<void>;
  of(itemId: string): Promise<readonly Delivery[]>;
  backlogs(): Promise<readonly Backlog[]>;
  /** Puts a piece that was set aside back in line, or (`drop`) leaves it undelivered for good. False: there is none. */
  reopen(itemId: string, destination: Destination): Promise<boolean>;
  drop(itemId: string, destination: Destination): Promise<boolean>;
}

/** `running`: it is to be, or is being, finished from its stored pictures; `set_aside`: it is not tried again by itself; `retry`: somebody asked to. */
export type RecoveryState = 'running' | 'set_aside' | 'retry';

/** An item that the station did not get to its end, or not at the first attempt. */
export interface Recovery {
  readonly itemId: string;
  readonly state: RecoveryState;
  /** How often the process ended while its models ran. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly reason: string;
}

/** Something that is not tried again by itself: an item (`destination` null), or its delivery to a destination. */
export interface DeadLetter {
  readonly itemId: string;
  readonly destination: Destination | null;
  readonly reason: string;
  readonly attempts: number;
  /** When it was set aside, in milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** What is known of items that had to be taken up again. */
export interface Recoveries {
  all(): Promise<readonly Recovery[]>;
  /** On disk when it resolves. An item that becomes `Done` while it is `running` leaves by itself. */
  put(recovery: Recovery): Promise<void>;
  remove(itemId: string): Promise<boolean>;
  /** Items and deliveries that were set aside, the oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]>;
}

/** An item as retention and the ledger look at it. */
export interface JournaledItem {
  /** Place in the order of the triggers. */
  readonly place: number;
  readonly id: string;
  readonly stationConfig: string;
  readonly state: ItemState;
  readonly decision: Decision | null;
  readonly binaries: readonly string[];
  /** Size on disk of its pictures and its record, in bytes. */
  readonly bytes: number;
  readonly receivedMs: number;
  readonly deliveries: readonly Pick<Delivery, 'destination' | 'state'>[];
}

/** Items that were removed to make room, since the journal began. */
export interface RemovedTally {
  readonly triggers: number;
  readonly uploads: number;
  /** How many of them were delivered where. */
  readonly delivered: Readonly<Partial<Record<Destination, number>>>;
}

/** What the station keeps, from the oldest to the newest. */
export interface StoredItems {
  /** Every item in the order of their triggers: the first `limit` of them after a place (0: from the first on). */
  walk(after: number, limit: number): Promise<readonly JournaledItem[]>;
  has(id: string): Promise<boolean>;
  /** How many items there are. */
  count(): Promise<number>;
  /** Finished items of one class, the oldest first, received before a moment, that wait for no delivery. */
  removable(keepClass: KeepClass, beforeMs: number, limit: number): Promise<readonly JournaledItem[]>;
  /** Forgets items; where a remote storage has them (`isKeptElsewhere`) it remembers under which config to look there. */
  remove(ids: readonly string[], isKeptElsewhere: boolean): Promise<void>;
  /** Config of an item that was removed here and is kept elsewhere. */
  configOfRemoved(id: string): Promise<string | undefined>;
  removed(): Promise<RemovedTally>;
  /** Size on disk of all items, in bytes. */
  bytes(): Promise<number>;
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
  readonly outbox: Outbox;
  readonly recoveries: Recoveries;
  readonly stored: StoredItems;
  /** Keeps a small fact of the station over a restart, such as the name of the active config. */
  remember(key: string, value: string): Promise<void>;
  recall(key: string): Promise<string | undefined>;
  /** Commits what was recorded and closes the file; a second call does nothing. */
  close(): Promise<void>;
}

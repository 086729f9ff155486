import type { z } from 'zod';
import type { Item } from '../domain/item.ts';
import type { Kind } from '../domain/kind.ts';
import type { AdapterContext } from './context.ts';

/**
 * Names the record of one item. What the product itself stores has path ids, and every storage takes these. Of any other key
 * a storage either takes each part as the text that it is, or it refuses the `put` with `REFUSED` and has nothing there; it
 * never reads one as a path, a pattern or a query.
 */
export interface MetadataKey {
  readonly config: string;
  readonly itemId: string;
}

/** Keeps the record of items. */
export interface MetadataStorage {
  /** Most items it keeps before the oldest leave; null: all of them, also over a restart. */
  readonly capacity: number | null;
  /** Resolves when the item survives whatever the technology promises to survive. Replaces an earlier record of the same item. Rejects with `STORAGE_FAILED`; with `REFUSED` what it will never take. */
  put(item: Item, signal: AbortSignal): Promise<void>;
  /** The item, or undefined when there is none under this key. */
  get(key: MetadataKey, signal: AbortSignal): Promise<Item | undefined>;
  /** Resolves also when there was nothing. */
  delete(key: MetadataKey, signal: AbortSignal): Promise<void>;
  /** Every key, in no order; where stations share one place that does not tell them apart, those of all. */
  iterate(signal: AbortSignal): AsyncIterable<MetadataKey>;
  /** Resolves when a `put` could succeed now; rejects with `STORAGE_FAILED` and the reason. */
  check(signal: AbortSignal): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

export interface MetadataStorageKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  /** True: it lives elsewhere and is fed from the disk of the station, in the background; nothing waits for it. */
  readonly remote?: boolean;
  /** One that is remote opens without asking the network, so that it may be away. */
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<MetadataStorage>;
}

export function defineMetadataStorage<const Type extends string, Shape extends z.ZodRawShape>(
  kind: MetadataStorageKind<Type, Shape>,
): MetadataStorageKind<Type, Shape> {
  return kind;
}

import type { z } from 'zod';
import type { Kind } from '../domain/kind.ts';
import type { AdapterContext } from './context.ts';

/**
 * Names one stored image. What the product itself stores has path ids, so each of its keys is a safe path everywhere, and
 * every storage takes it. Of any other key a storage either takes each part as the text that it is, or it refuses the `put`
 * with `REFUSED` and has nothing there; it never reads one as a path, a pattern or a query.
 */
export interface BinaryKey {
  readonly config: string;
  readonly itemId: string;
  /** `<camera id>.<ending>` */
  readonly name: string;
}

/** One stored image of an item. */
export interface StoredBinary {
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
}

/** Keeps the images of items. */
export interface BinaryStorage {
  /** Resolves when the bytes survive whatever the technology promises to survive (a power cut, for a disk). Replaces what was there. Rejects with `STORAGE_FAILED`; with `REFUSED` what it will never take. */
  put(key: BinaryKey, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** The bytes, or undefined when there are none under this key. Never part of a file. */
  get(key: BinaryKey, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Resolves also when there was nothing. */
  delete(key: BinaryKey, signal: AbortSignal): Promise<void>;
  /** The images of one item, in no order; none for an unknown item. */
  list(config: string, itemId: string, signal: AbortSignal): Promise<readonly StoredBinary[]>;
  /** Every key, in no order. */
  iterate(signal: AbortSignal): AsyncIterable<BinaryKey>;
  /** Resolves when a `put` could succeed now; rejects with `STORAGE_FAILED` and the reason. */
  check(signal: AbortSignal): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

export interface BinaryStorageKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  /** True: it lives elsewhere and is fed from the disk of the station, in the background; nothing waits for it. */
  readonly remote?: boolean;
  /** One that is remote opens without asking the network, so that it may be away. */
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<BinaryStorage>;
}

export function defineBinaryStorage<const Type extends string, Shape extends z.ZodRawShape>(
  kind: BinaryStorageKind<Type, Shape>,
): BinaryStorageKind<Type, Shape> {
  return kind;
}

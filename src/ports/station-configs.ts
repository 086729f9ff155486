import type { z } from 'zod';
import type { Kind } from '../domain/kind.ts';
import type { AdapterContext } from './context.ts';

/** A configuration document as someone wrote it: JSONC text, not yet parsed. */
export interface ConfigDocument {
  /** Name of the config: the file name without `.json`. */
  readonly name: string;
  /** Path relative to the edge root, for messages. */
  readonly file: string;
  readonly text: string;
  /** Why there is no text to check, as a sentence about the file; `text` is empty then. */
  readonly problem?: string | undefined;
}

/** Something that lies where configs are kept and is none. */
export interface Stray {
  /** Path relative to the edge root. */
  readonly file: string;
  readonly message: string;
}

/** Where station configs come from. */
export interface StationConfigs {
  /** Every document as it is now, ordered by name, and what lies beside them. A document that cannot be read is there with its `problem`. */
  read(): Promise<{ readonly documents: readonly ConfigDocument[]; readonly strays: readonly Stray[] }>;
}

export interface StationConfigsKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<StationConfigs>;
}

export function defineStationConfigs<const Type extends string, Shape extends z.ZodRawShape>(
  kind: StationConfigsKind<Type, Shape>,
): StationConfigsKind<Type, Shape> {
  return kind;
}

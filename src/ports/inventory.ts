import type { z } from 'zod';
import type { Kind } from '../domain/kind.ts';
import type { AdapterContext } from './context.ts';
import type { ConfigDocument } from './station-configs.ts';

/** Where the inventory comes from. */
export interface Inventory {
  /** The document as it is now. One that is missing or cannot be read comes with its `problem`. */
  read(): Promise<ConfigDocument>;
}

export interface InventoryKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<Inventory>;
}

export function defineInventory<const Type extends string, Shape extends z.ZodRawShape>(
  kind: InventoryKind<Type, Shape>,
): InventoryKind<Type, Shape> {
  return kind;
}

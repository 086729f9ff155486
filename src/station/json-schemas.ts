import { z } from 'zod';
import { EdgeConfig } from './edge-config.ts';
import { InventorySchema } from './inventory-schema.ts';
import { StationConfig } from './station-config.ts';

const SCHEMAS = { 'station-config': StationConfig, inventory: InventorySchema, edge: EdgeConfig } as const;

export const SCHEMA_NAMES = Object.keys(SCHEMAS) as readonly SchemaName[];
export type SchemaName = keyof typeof SCHEMAS;

/** JSON Schema (draft 2020-12) of a config file as people write it, so that an editor completes and checks it. */
export function jsonSchemaOf(name: SchemaName): object {
  return z.toJSONSchema(SCHEMAS[name], { io: 'input', target: 'draft-2020-12' });
}

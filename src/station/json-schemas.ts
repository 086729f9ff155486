import { z } from 'zod';
import { edgeConfigSchema } from './edge-config.ts';
import { inventorySchema } from './inventory-schema.ts';
import { builtInKinds, type Kinds } from './kinds.ts';
import { stationConfigSchema } from './station-config.ts';

const SCHEMAS = { 'station-config': stationConfigSchema, inventory: inventorySchema, edge: edgeConfigSchema } as const;

export const SCHEMA_NAMES = Object.keys(SCHEMAS) as readonly SchemaName[];
export type SchemaName = keyof typeof SCHEMAS;

/** JSON Schema (draft 2020-12) of a config file as people write it, so that an editor completes and checks it. */
export function jsonSchemaOf(name: SchemaName, kinds: Kinds = builtInKinds): object {
  return z.toJSONSchema(SCHEMAS[name](kinds), { io: 'input', target: 'draft-2020-12' });
}

import { jsonInventory } from './json-inventory.ts';

/** Register an inventory here. */
export const inventories = [jsonInventory] as const;

import type { Model } from '../domain/model.ts';
import type { InventoryState } from './inventory-state.ts';
import type { Kinds } from './kinds.ts';

/** Why a model cannot be loaded, as a sentence, or null. Opens nothing. */
export type InspectModel = (model: Model) => Promise<string | null>;

/** What a station config is checked against. */
export interface PlanContext {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly inventory: InventoryState;
  /** What the config may choose from. */
  readonly kinds: Kinds;
  readonly inspectModel: InspectModel;
}

import type { Item } from './item.ts';
import type { InferenceResult } from './prediction.ts';

/** Items by how long they are worth keeping, the least worth first: in this order they make room. */
export const KEEP_CLASSES = ['OK', 'near_threshold', 'NO_DECISION', 'KO'] as const;
export type KeepClass = (typeof KEEP_CLASSES)[number];

/** `near_threshold` is an `OK` that was nearly none; an upload, which nobody decides, counts as `NO_DECISION`. */
export function keepClassOf({ decision, near_threshold }: Pick<Item, 'decision' | 'near_threshold'>): KeepClass {
  if (decision === 'OK' && near_threshold) return 'near_threshold';
  return decision ?? 'NO_DECISION';
}

/** How near is near: a share of the scale of scores, which is 0…1. */
const MARGIN = 0.1;

/**
 * Whether a result could easily have been another: an object just above the score from which objects count, or a class
 * that is hardly more probable than all others together.
 */
export function isNearThreshold(result: InferenceResult, objectnessThreshold: number): boolean {
  if ('score' in result) return result.score - objectnessThreshold <= MARGIN;
  return result.probability <= 0.5 + MARGIN;
}

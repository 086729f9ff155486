import type { Decision } from '../domain/decision.ts';
import { messageOf } from '../domain/errors.ts';
import { type CameraDecision, type Item, joinedErrors, withoutOk } from '../domain/item.ts';
import { isNearThreshold } from '../domain/keep-class.ts';
import type { GraphOutcome } from './run-model-graph.ts';
import type { Station, StationCamera } from './station.ts';

/** What became of one camera's picture on its way to the binary storage; holds no picture. */
export interface SavedView {
  readonly camera: StationCamera;
  /** Null when nothing was stored. */
  readonly storedName: string | null;
  /** Size of what was stored. */
  readonly bytes: number;
  /** What went wrong so far, one sentence each. */
  readonly failures: readonly string[];
}

/** What the models of one camera gave. */
export interface CameraOutcome extends GraphOutcome {
  readonly cameraId: string;
}

/** The outcome of a camera whose models saw no picture. */
export const NOTHING_RUN: GraphOutcome = { results: {}, labels: null, failures: [], warnings: [], timings: {} };

/** What an inspection found out: everything of the item but its state. */
export type InspectionResult = Pick<
  Item,
  'inferences' | 'camera_decisions' | 'decision' | 'error' | 'near_threshold' | 'warnings' | 'binaries' | 'stored_bytes'
> & { readonly timings: Readonly<Record<string, number>> };

/** The camera rules, then the item rule. What failed makes its camera undecided, and an `OK` no `OK`. */
export function decide(
  saved: readonly SavedView[],
  outcomes: readonly CameraOutcome[],
  station: Station,
): InspectionResult {
  const cameraDecisions: Record<string, CameraDecision> = {};
  const inferences: Record<string, GraphOutcome['results']> = {};
  const errors: string[] = [];
  for (const [index, { camera, failures }] of saved.entries()) {
    const outcome = outcomes[index] ?? NOTHING_RUN;
    const { failed, ...judged } = decideCamera(camera, outcome.labels, [
      ...new Set([...failures, ...outcome.failures]),
    ]);
    errors.push(...failed.map((reason) => ofCamera(camera.id, reason)));
    const hasResults = outcome.labels !== null || Object.keys(outcome.results).length > 0;
    if (hasResults) inferences[camera.id] = outcome.results;
    cameraDecisions[camera.id] = judged;
  }
  const decision = decideItem(station, cameraDecisions, errors);
  return {
    inferences,
    camera_decisions: cameraDecisions,
    decision: errors.length > 0 ? withoutOk(decision) : decision,
    error: joinedErrors(errors),
    near_threshold: saved.some(({ camera }, index) => hasNearResult(camera, outcomes[index] ?? NOTHING_RUN)),
    warnings: outcomes.flatMap(({ cameraId, warnings }) => warnings.map((warning) => ofCamera(cameraId, warning))),
    binaries: saved.flatMap(({ storedName }) => storedName ?? []),
    stored_bytes: saved.reduce((sum, { bytes }) => sum + bytes, 0),
    timings: summed(outcomes.map(({ timings }) => timings)),
  };
}

/** Whether one of the results could easily have been another. */
function hasNearResult({ models }: StationCamera, { results }: GraphOutcome): boolean {
  return models.some(({ node, model }) =>
    Object.values(results[node.id] ?? {}).some((result) => isNearThreshold(result, model.objectnessThreshold)),
  );
}

function ofCamera(cameraId: string, sentence: string): string {
  return `camera "${cameraId}": ${sentence}`;
}

function decideCamera(
  camera: StationCamera,
  labels: readonly string[] | null,
  failures: readonly string[],
): CameraDecision & { readonly failed: readonly string[] } {
  const undecided = (failed: readonly string[]) => {
    return { decision: 'NO_DECISION', reason: joinedErrors(failed) ?? '', failed } as const;
  };
  if (failures.length > 0) return undecided(failures);
  if (labels === null) return undecided(['its models gave no result']);
  try {
    return { decision: camera.rule(labels), reason: `${camera.ruleName}: ${seen(labels)}`, failed: [] };
  } catch (error) {
    return undecided([`${camera.ruleName} failed: ${messageOf(error)}`]);
  }
}

/** The rule's decision; a rule that throws is one of the errors, and decides nothing. */
function decideItem(station: Station, cameras: Readonly<Record<string, CameraDecision>>, errors: string[]): Decision {
  try {
    return station.itemRule(Object.values(cameras).map(({ decision }) => decision));
  } catch (error) {
    errors.push(`the item rule failed: ${messageOf(error)}`);
    return 'NO_DECISION';
  }
}

function seen(labels: readonly string[]): string {
  if (labels.length === 0) return 'nothing seen';
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return `seen ${[...counts].map(([label, count]) => (count === 1 ? label : `${count} × ${label}`)).join(', ')}`;
}

function summed(parts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const part of parts) for (const [key, value] of Object.entries(part)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

import type { BoundCameraRule } from '../domain/camera-rules/index.ts';
import type { LateDecision } from '../domain/decision.ts';
import type { CameraMetadata } from '../domain/item.ts';
import type { BoundItemRule } from '../domain/item-rules/index.ts';
import type { Model } from '../domain/model.ts';
import type { GraphNode } from '../domain/model-graph.ts';
import type { LoadedModel } from '../ports/model-forward.ts';

/** One model of a camera's graph, loaded. */
export interface StationModel {
  readonly node: GraphNode;
  readonly model: Model;
  readonly loaded: LoadedModel;
}

/** One camera of the station with all that judges its pictures. */
export interface StationCamera {
  readonly id: string;
  readonly metadata: CameraMetadata;
  /** Takes one picture, in the order of the calls and within the camera's own time. Rejects with an error of the camera. */
  readonly capture: (signal: AbortSignal) => Promise<Uint8Array>;
  /** In the order they are taken; the rule judges the last one. */
  readonly models: readonly StationModel[];
  readonly rule: BoundCameraRule;
  /** Name of the rule, for the reason of a decision. */
  readonly ruleName: string;
}

/** The time in which an item gets a verdict, whatever happens. */
export interface VerdictDeadline {
  /** Milliseconds from the trigger. */
  readonly ms: number;
  /** The verdict when the time is over. */
  readonly lateDecision: LateDecision;
}

/** An assembled station: one station config with its cameras open, its models loaded and its rules bound. */
export interface Station {
  readonly configName: string;
  readonly configDigest: string;
  /** In the order of the config. */
  readonly cameras: readonly StationCamera[];
  readonly itemRule: BoundItemRule;
  /** How long a verdict may take; null: as long as it takes. */
  readonly deadline: VerdictDeadline | null;
}

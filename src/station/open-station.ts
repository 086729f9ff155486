import type { Station, StationCamera, StationModel } from '../application/station.ts';
import { bindCameraRule } from '../domain/camera-rules/index.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import { bindItemRule } from '../domain/item-rules/index.ts';
import type { LoadedModel, ModelForward } from '../ports/model-forward.ts';
import type { CameraDevices, CameraUse } from './camera-devices.ts';
import type { Kinds } from './kinds.ts';
import type { CameraPlan, StationPlan } from './station-plan.ts';
import type { Deadline } from './verdict-deadline-schema.ts';

/** A station whose cameras and models are open. */
export interface OpenStation {
  readonly station: Station;
  /** The config as written. */
  readonly raw: unknown;
  /** Why its cameras cannot take pictures now, one sentence each. */
  unreachableCameras(signal: AbortSignal): Promise<readonly string[]>;
  /** What its cameras want somebody to look at although they take pictures, one sentence each. */
  cameraWarnings(): readonly string[];
  /** Lets go of cameras and models; a second call does nothing. */
  close(): Promise<void>;
}

export interface StationParts {
  readonly modelForward: ModelForward;
  readonly devices: CameraDevices;
  /** Where the rules are. */
  readonly kinds: Kinds;
  /** For configs that say none. */
  readonly deadline: Deadline | null;
}

/**
 * Opens the station of a plan: models loaded and warmed, cameras open, rules bound. Closes what it opened when a model
 * cannot be loaded, and rejects with `MODEL_INVALID`; a camera that is away stays, and its captures fail until it is there.
 */
export async function openStation(plan: StationPlan, parts: StationParts, signal: AbortSignal): Promise<OpenStation> {
  const models = await loadModels(plan, parts.modelForward, signal);
  const uses = new Map<string, CameraUse>();
  const close = async (): Promise<void> => {
    await Promise.allSettled([
      ...[...uses.values()].map((use) => use.release()),
      ...[...models.values()].map((model) => model.close()),
    ]);
  };
  try {
    for (const camera of plan.cameras) uses.set(camera.id, await parts.devices.use(camera));
  } catch (error) {
    await close();
    throw error;
  }
  const station: Station = {
    configName: plan.name,
    configDigest: plan.digest,
    cameras: plan.cameras.map((camera) => assembled(camera, plan, models, uses, parts.kinds)),
    itemRule: bindItemRule(plan.itemRule, parts.kinds.itemRules),
    deadline: verdictDeadline(plan.deadline ?? parts.deadline),
  };
  return {
    station,
    raw: plan.raw,
    async unreachableCameras(limit) {
      const checks = await Promise.allSettled([...uses.values()].map((use) => use.check(limit)));
      return checks.flatMap((check, index) =>
        check.status === 'fulfilled' ? [] : `camera "${plan.cameras[index]?.id}": ${messageOf(check.reason)}`,
      );
    },
    cameraWarnings: () =>
      [...uses].flatMap(([id, use]) => use.warnings().map((warning) => `camera "${id}": ${warning}`)),
    close,
  };
}

function verdictDeadline(deadline: Deadline | null): Station['deadline'] {
  return deadline === null ? null : { ms: deadline.ms, lateDecision: deadline.late_decision };
}

function assembled(
  camera: CameraPlan,
  plan: StationPlan,
  loaded: ReadonlyMap<string, LoadedModel>,
  uses: ReadonlyMap<string, CameraUse>,
  kinds: Kinds,
): StationCamera {
  const use = required(uses.get(camera.id), camera.id);
  const models = camera.graph.map(
    (node): StationModel => ({
      node,
      model: required(plan.models.get(node.modelName), node.modelName),
      loaded: required(loaded.get(node.modelName), node.modelName),
    }),
  );
  return {
    id: camera.id,
    metadata: camera.metadata,
    capture: use.capture,
    models,
    rule: bindCameraRule(camera.rule, kinds.cameraRules),
    ruleName: camera.rule.name,
  };
}

/** The plan has passed every check, so that a part it names and lacks is a bug. */
function required<Part>(part: Part | undefined, name: string): Part {
  if (part === undefined) throw new Error(`the plan of the station lacks "${name}"`);
  return part;
}

async function loadModels(
  plan: StationPlan,
  forward: ModelForward,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LoadedModel>> {
  const models = [...plan.models.values()];
  const outcomes = await Promise.allSettled(models.map((model) => forward.load(model, signal)));
  const loaded = new Map<string, LoadedModel>();
  const failures: unknown[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'rejected') failures.push(outcome.reason);
    else loaded.set(models[index]?.name ?? '', outcome.value);
  }
  if (failures.length === 0) return loaded;
  await Promise.allSettled([...loaded.values()].map((model) => model.close()));
  throw new AppError('MODEL_INVALID', failures.map(messageOf).join('; '), { cause: failures[0] });
}

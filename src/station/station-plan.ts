import { createHash } from 'node:crypto';
import type { CameraRuleConfig } from '../domain/camera-rules/index.ts';
import { hasErrors } from '../domain/diagnostic.ts';
import type { CameraMetadata } from '../domain/item.ts';
import type { ItemRuleConfig } from '../domain/item-rules/index.ts';
import { kindFor } from '../domain/kind.ts';
import type { Model } from '../domain/model.ts';
import type { GraphNode } from '../domain/model-graph.ts';
import { checkedCamera, checkListed } from './camera-check.ts';
import { checkedConfig, isObject } from './config-check.ts';
import type { ConfigFile } from './config-file.ts';
import type { InventoryState } from './inventory-state.ts';
import type { Kinds } from './kinds.ts';
import type { PlanContext } from './plan-context.ts';
import { type CameraConfig, type StationConfig, stationConfigSchema } from './station-config.ts';
import type { Deadline } from './verdict-deadline-schema.ts';

/** One camera of a station config, ready to be opened. */
export interface CameraPlan {
  readonly id: string;
  /** Kind of the camera, one of `cameras`. */
  readonly type: string;
  /** The kind's own options, parsed, `"${NAME}"` replaced: for `open` only, never shown. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The same options as written, for messages: the `written` of the adapter's context. */
  readonly written: Readonly<Record<string, unknown>>;
  /** As written. */
  readonly metadata: CameraMetadata;
  /** Whether exposition and brightness are set on the device too. */
  readonly applySettings: boolean;
  /** In the order they are taken. */
  readonly graph: readonly GraphNode[];
  readonly rule: CameraRuleConfig;
  /** Longest time a capture may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** A station config that has passed every check: all that is needed to open its station. */
export interface StationPlan {
  readonly name: string;
  /** The content as written, without comments. */
  readonly raw: unknown;
  /** SHA-256, hex, of `raw` as JSON without white space, keys in the order of the file: the order has a meaning. */
  readonly digest: string;
  /** In the order of the file. */
  readonly cameras: readonly CameraPlan[];
  /** The models that its graphs use, by name. */
  readonly models: ReadonlyMap<string, Model>;
  readonly itemRule: ItemRuleConfig;
  /** Null: what `edge.json` says. */
  readonly deadline: Deadline | null;
}

/** The plan of a station config, or null when the file has errors. Every error and warning is reported to the file. */
export async function stationPlan(name: string, file: ConfigFile, context: PlanContext): Promise<StationPlan | null> {
  const config = checkedConfig(file, stationConfigSchema(context.kinds));
  const graphs = new Map<string, readonly GraphNode[]>();
  // Whatever the schema said, the rest is checked too: all errors of a file are told at once.
  for (const id of file.keys(['cameras'])) graphs.set(id, await checkedCamera(id, file, context));
  checkListed(file, ['item_rule', 'name'], context.inventory.content?.itemRules, 'item rule');
  if (context.inventory.content === null && file.readable) {
    file.error([], `cannot be used before ${context.inventory.file} is without errors`);
  }
  if (config === null || hasErrors(file.diagnostics)) return null;

  const plans = file.keys(['cameras']).map((id) => cameraPlan(id, config, file, graphs.get(id) ?? [], context.kinds));
  return {
    name,
    raw: file.raw,
    digest: createHash('sha256').update(JSON.stringify(file.raw)).digest('hex'),
    cameras: plans,
    models: usedModels(plans, context.inventory),
    itemRule: config.item_rule,
    deadline: config.deadline ?? null,
  };
}

function cameraPlan(
  id: string,
  config: StationConfig,
  file: ConfigFile,
  graph: readonly GraphNode[],
  kinds: Kinds,
): CameraPlan {
  const camera = config.cameras[id] as CameraConfig;
  const kind = kindFor(kinds.cameras, camera.type);
  const own = Object.keys(kind.options.shape);
  const writtenCamera = file.written(['cameras', id]);
  const written = picked(isObject(writtenCamera) ? writtenCamera : {}, own);
  // A text of the metadata that came from the environment is kept as written.
  const shown = kind.options.safeParse(written);
  const position = file.written(['cameras', id, 'position']);
  return {
    id,
    type: camera.type,
    options: picked(camera, own),
    written,
    metadata: {
      brightness: camera.brightness,
      exposition: camera.exposition,
      position: typeof position === 'string' ? position : null,
      source: shown.success ? kind.source(shown.data as never) : null,
    },
    applySettings: camera.apply_settings,
    graph,
    rule: camera.camera_rule,
    timeoutMs: camera.timeout_ms,
  };
}

function picked(from: Readonly<Record<string, unknown>>, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(from).filter(([key, value]) => keys.includes(key) && value !== undefined));
}

function usedModels(plans: readonly CameraPlan[], inventory: InventoryState): ReadonlyMap<string, Model> {
  const names = new Set(plans.flatMap(({ graph }) => graph.map(({ modelName }) => modelName)));
  const used = [...names].flatMap((name) => inventory.content?.models.get(name)?.model ?? []);
  return new Map(used.map((model) => [model.name, model]));
}

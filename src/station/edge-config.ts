import { z } from 'zod';
import { inventories } from '../adapters/inventories/index.ts';
import { stationConfigs } from '../adapters/station-configs/index.ts';
import { readTextFile } from '../disk/text-file.ts';
import { type Diagnostic, hasErrors } from '../domain/diagnostic.ts';
import { isPathId } from '../domain/id.ts';
import { schemaOfTyped } from '../domain/kind.ts';
import type { Settings } from '../settings.ts';
import { checkedConfig } from './config-check.ts';
import { parseConfigFile, valueAt } from './config-file.ts';
import { oncePerKinds } from './kinds.ts';
import { checkPlugins, noPlugins, PluginFile, type Plugins } from './plugins.ts';
import { Deadline } from './verdict-deadline-schema.ts';

const EDGE_FILE = 'config/edge.json';

const Days = z.number().positive().nullable();

/** Everything stays, unless somebody says what may go. */
const Retention = z
  .strictObject({
    keep_days: z
      .union([
        Days,
        z.strictObject({
          OK: Days.default(null),
          near_threshold: Days.default(null).meta({ description: 'OK items with a score that is nearly too low.' }),
          NO_DECISION: Days.default(null).meta({ description: 'Undecided items, and uploads.' }),
          KO: Days.default(null),
        }),
      ])
      .default(null)
      .meta({ description: 'Days after which items are removed; null: never. One number is for all of them.' }),
    max_gb: z.number().positive().nullable().default(null).meta({ description: 'Most room for items, in GB.' }),
    min_free_gb: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .meta({ description: 'Room on the disk that stays free, in GB.' }),
  })
  .meta({
    title: 'What is kept on the disk of the station',
    description: 'To make room, OK items go first, KO ones last, the oldest before the newer, none undelivered.',
  });

const Delivery = z
  .strictObject({
    max_per_second: z
      .int()
      .min(1)
      .max(100_000)
      .default(25)
      .meta({ description: 'Most items a second of a backlog to one destination, beside those that come meanwhile.' }),
    max_pause_s: z
      .number()
      .min(1)
      .max(3_600)
      .default(60)
      .meta({ description: 'Longest pause between two attempts to reach a destination, in seconds.' }),
  })
  .meta({ title: 'Delivery to remote storages and telemetry sinks' });

const Recovery = z
  .strictObject({
    recapture: z
      .boolean()
      .default(false)
      .meta({ description: 'Capture again what was not captured, although another part may be before the cameras.' }),
  })
  .meta({ title: 'What a station does with items that a crash left behind' });

const Server = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').meta({ description: 'Any other host needs EDGE_API_KEY to be set.' }),
    port: z.int().min(0).max(65_535).default(8_000).meta({ description: '0: any free port.' }),
    cors_origins: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: 'Origins of pages that may call; none: off.' }),
    body_limit_mb: z.number().positive().max(1_024).default(32).meta({ description: 'Largest body, in megabytes.' }),
    max_in_flight: z.int().min(1).max(1_000).default(4).meta({ description: 'Inspections that run side by side.' }),
    max_waiting: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(1_000)
      .meta({ description: 'Inspections that wait for one of them.' }),
  })
  .meta({ title: 'HTTP server and load' });

export const edgeConfigSchema = oncePerKinds((kinds) =>
  z
    .strictObject({
      $schema: z.string().optional(),
      binary_storage: schemaOfTyped(kinds.binaryStorages, {})
        .prefault({ type: 'filesystem' })
        .meta({ description: 'Where images are kept.' }),
      metadata_storage: schemaOfTyped(kinds.metadataStorages, {})
        .prefault({ type: 'filesystem' })
        .meta({ description: 'Where the records of items are kept.' }),
      model_forward: schemaOfTyped(kinds.modelForwards, {})
        .prefault({ type: 'embedded' })
        .meta({ description: 'How models are run.' }),
      telemetry_sink: schemaOfTyped(kinds.telemetrySinks, {})
        .prefault({ type: 'fake' })
        .meta({ description: 'Who is told of decisions.' }),
      inventory: schemaOfTyped(inventories, {})
        .prefault({ type: 'json' })
        .meta({ description: 'Where the inventory is.' }),
      station_configs: schemaOfTyped(stationConfigs, {})
        .prefault({ type: 'json' })
        .meta({ description: 'Where station configs are.' }),
      server: Server.prefault({}),
      deadline: Deadline.optional(),
      retention: Retention.prefault({}),
      delivery: Delivery.prefault({}),
      recovery: Recovery.prefault({}),
      active_config: z.string().min(1).optional().meta({
        description: 'Config to start with when neither ACTIVE_CONFIG_NAME nor an earlier run says which.',
      }),
      plugins: z
        .array(PluginFile)
        .default([])
        .meta({ description: 'Files that define kinds of their own; read at the start.' }),
    })
    .meta({ title: 'edge.json', description: 'Where things go: storages, model forward, telemetry, server.' }),
);
export type EdgeConfig = z.output<ReturnType<typeof edgeConfigSchema>>;

export interface EdgeDocument {
  readonly file: string;
  readonly text: string;
  readonly problem?: string | undefined;
}

export interface EdgeState {
  /** Null when the file has errors. */
  readonly edge: EdgeConfig | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads `edge.json` of a root; a root without one takes every default. What the environment says wins. Never throws. */
export async function readEdgeConfig(
  root: string,
  settings: Settings,
  plugins: Plugins = noPlugins,
): Promise<EdgeState> {
  return parsedEdgeConfig(await edgeDocument(root), settings, plugins);
}

/** `edge.json` as it stands on the disk; an empty object where there is none. */
export async function edgeDocument(root: string): Promise<EdgeDocument> {
  const read = await readTextFile(`${root}/${EDGE_FILE}`);
  const isAbsent = read.problem !== null && read.missing;
  const problem = read.problem === null || isAbsent ? undefined : `the file ${read.problem}`;
  return { file: EDGE_FILE, text: isAbsent ? '{}' : read.text, problem };
}

/** The same from text. */
export function parsedEdgeConfig(document: EdgeDocument, settings: Settings, plugins: Plugins = noPlugins): EdgeState {
  // An address from the environment is treated like one that the file takes from there, so that it is never shown.
  const file = parseConfigFile(document, settings.env, settings.servingModelUrl === null ? undefined : withServingUrl);
  if (isServing(file.raw) && file.written(['model_forward', 'url']) === undefined) {
    const remedy = 'give it here or in the environment variable SERVING_MODEL_URL';
    file.error(['model_forward', 'url'], `tf_serving needs the address of the model server: ${remedy}`);
  }
  if (settings.edgeName !== null && !isPathId(settings.edgeName)) {
    file.error([], 'the environment variable EDGE_NAME is no name: 1 to 64 letters, digits, "_", "." or "-"');
  }
  checkPlugins(file, plugins);
  const edge = checkedConfig(file, edgeConfigSchema(plugins.kinds));
  return { edge: hasErrors(file.diagnostics) ? null : edge, diagnostics: file.diagnostics };
}

function isServing(raw: unknown): boolean {
  return valueAt(raw, ['model_forward', 'type']) === 'tf_serving';
}

function withServingUrl(raw: unknown): unknown {
  if (!isServing(raw)) return raw;
  const content = raw as { readonly model_forward: object };
  return { ...content, model_forward: { ...content.model_forward, url: '${SERVING_MODEL_URL}' } };
}

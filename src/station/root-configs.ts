import { stat } from 'node:fs/promises';
import { inventories } from '../adapters/inventories/index.ts';
import { stationConfigs } from '../adapters/station-configs/index.ts';
import type { Diagnostic } from '../domain/diagnostic.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import { isPathId } from '../domain/id.ts';
import { kindFor } from '../domain/kind.ts';
import type { Model } from '../domain/model.ts';
import type { Log } from '../ports/context.ts';
import type { ConfigDocument } from '../ports/station-configs.ts';
import type { Settings } from '../settings.ts';
import { adapterContext } from './adapter-context.ts';
import { parseConfigFile } from './config-file.ts';
import { type EdgeConfig, type EdgeState, edgeDocument, readEdgeConfig } from './edge-config.ts';
import { type InventoryState, inventoryState } from './inventory-state.ts';
import type { Kinds } from './kinds.ts';
import type { InspectModel } from './plan-context.ts';
import { loadPlugins, type Plugins } from './plugins.ts';
import { type StationPlan, stationPlan } from './station-plan.ts';

/** One station config of the root. */
export interface StationConfigState {
  readonly name: string;
  /** Path relative to the root. */
  readonly file: string;
  /** As written, without comments; null when it is no JSON. */
  readonly raw: unknown;
  /** Null when the file has errors. */
  readonly plan: StationPlan | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Every config file of the root as it was at one moment. */
export interface RootState {
  readonly inventory: InventoryState;
  /** By name, broken ones included. */
  readonly configs: readonly StationConfigState[];
  /** Of every file: edge.json, the inventory, station configs, and what lies beside them. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The config files of an edge root. Nothing in them makes a method reject. */
export interface RootConfigs {
  /** What its files may choose from: built in, and of the plugins as they were when the root was opened. */
  readonly kinds: Kinds;
  /** edge.json as it was when the root was opened, which is what the process runs with. Null when it has errors. */
  readonly edge: EdgeConfig | null;
  readonly edgeDiagnostics: readonly Diagnostic[];
  /** Reads everything afresh. `inspectModel` is asked once per model that a config uses. */
  read(inspectModel: InspectModel): Promise<RootState>;
  /** The inventory alone, afresh. */
  readInventory(): Promise<InventoryState>;
  /** The state of a station config that is not among the files of the root, such as a kept one. */
  configOf(document: ConfigDocument, inspectModel: InspectModel): Promise<StationConfigState>;
  /** One station config alone, afresh; undefined when there is none of this name. */
  readConfig(name: string, inspectModel: InspectModel): Promise<StationConfigState | undefined>;
}

export interface RootOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly log: Log;
}

export async function openRootConfigs({ root, settings, log }: RootOptions): Promise<RootConfigs> {
  const plugins = await loadPlugins(root, await edgeDocument(root));
  const { kinds } = plugins;
  const opened = await edgeOf(root, settings, plugins);
  const context = adapterContext(root, settings, log, kinds);
  const inventoryConfig = opened.edge?.inventory ?? { type: 'json' as const, path: 'config/inventory.json' };
  const sourceConfig = opened.edge?.station_configs ?? { type: 'json' as const, folder: 'config/station_configs' };
  const inventory = await kindFor(inventories, inventoryConfig.type).open(inventoryConfig, context);
  const source = await kindFor(stationConfigs, sourceConfig.type).open(sourceConfig, context);

  const readInventory = async (): Promise<InventoryState> =>
    await inventoryState(await inventory.read(), root, settings.env, kinds);

  const configState = async (
    document: ConfigDocument,
    known: InventoryState,
    inspectModel: InspectModel,
  ): Promise<StationConfigState> => {
    const file = parseConfigFile(document, settings.env);
    const plan = await stationPlan(document.name, file, { root, inventory: known, kinds, inspectModel });
    return { name: document.name, file: document.file, raw: file.raw, plan, diagnostics: file.diagnostics };
  };

  return {
    kinds,
    edge: opened.edge,
    edgeDiagnostics: opened.diagnostics,
    readInventory,
    async configOf(document, inspectModel) {
      return await configState(document, await readInventory(), onceEach(inspectModel));
    },
    async readConfig(name, inspectModel) {
      const [known, { documents }] = await Promise.all([readInventory(), source.read()]);
      const document = documents.find((candidate) => candidate.name === name && isPathId(name));
      return document === undefined ? undefined : await configState(document, known, onceEach(inspectModel));
    },
    async read(inspectModel) {
      const [edge, known, { documents, strays }] = await Promise.all([
        edgeOf(root, settings, plugins),
        readInventory(),
        source.read(),
      ]);
      const inspect = onceEach(inspectModel);
      const named = documents.filter(({ name }) => isPathId(name));
      const configs = await Promise.all(named.map((document) => configState(document, known, inspect)));
      return {
        inventory: known,
        configs,
        diagnostics: !(await isFolder(root))
          ? edge.diagnostics
          : [
              ...edge.diagnostics,
              ...known.diagnostics,
              ...configs.flatMap(({ diagnostics }) => diagnostics),
              ...documents.filter(({ name }) => !isPathId(name)).map(misnamed),
              ...strays.map((stray) => wholeFile(stray.file, 'warning', stray.message)),
            ],
      };
    },
  };
}

async function isFolder(root: string): Promise<boolean> {
  return await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** `edge.json` of a root that has no errors in it nor in the inventory. Rejects with `ROOT_INVALID`, diagnostics in its details. */
export async function requireSoundRoot(configs: RootConfigs): Promise<EdgeConfig> {
  const inventory = await configs.readInventory();
  const diagnostics = [...configs.edgeDiagnostics, ...inventory.diagnostics];
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (configs.edge !== null && inventory.content !== null) return configs.edge;
  throw new AppError('ROOT_INVALID', 'the station cannot start with these files', { details: { diagnostics: errors } });
}

/** A root that is no folder has one thing to say, instead of one for each file it lacks. */
async function edgeOf(root: string, settings: Settings, plugins: Plugins): Promise<EdgeState> {
  if (await isFolder(root)) return await readEdgeConfig(root, settings, plugins);
  const message = 'the edge root is not a folder; "edge-orchestrator init DIR" writes a new one';
  return { edge: null, diagnostics: [wholeFile('.', 'error', message)] };
}

function misnamed({ file, name }: ConfigDocument): Diagnostic {
  const allowed = '1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit';
  return wholeFile(
    file,
    'error',
    `not loaded: ${JSON.stringify(name)} cannot be the name of a config, which is ${allowed}`,
  );
}

function wholeFile(file: string, severity: Diagnostic['severity'], message: string): Diagnostic {
  return { file, severity, path: '', line: null, message };
}

/** Several configs use the same model: it is looked at once. A look that fails is a reason like any other. */
function onceEach(inspectModel: InspectModel): InspectModel {
  const looks = new Map<Model, Promise<string | null>>();
  return (model) => {
    const known = looks.get(model);
    if (known !== undefined) return known;
    const look = inspectModel(model).catch(
      (error: unknown) => `the model "${model.name}" could not be looked at: ${messageOf(error)}`,
    );
    looks.set(model, look);
    return look;
  };
}

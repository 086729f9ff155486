import {
  createModelHost,
  type HostedModel,
  hasModelFile,
  type ModelHost,
} from '../adapters/model-forwards/embedded/model-host.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import type { EdgeConfig } from './edge-config.ts';
import type { ResolvedModel } from './inventory-models.ts';
import { openRootConfigs, type RootOptions, requireSoundRoot } from './root-configs.ts';

/** A model of the inventory that has a file in the root. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** Null when it cannot be used: `problem` says why. */
  readonly hosted: HostedModel | null;
  readonly problem: string | null;
}

/** The models of an edge root, for other stations. */
export interface ServedModels {
  readonly models: readonly ServedModel[];
  /** Why none of them could answer now, or null. */
  problem(): string | null;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Loads and warms every model of the inventory that has a file under `models/`; one that cannot be used is told, and the
 * others are served. Rejects with `ROOT_INVALID`, all diagnostics in its details, when `edge.json` or the inventory is
 * broken, and when nothing is left to serve.
 */
export async function openServedModels(options: RootOptions): Promise<ServedModels> {
  const { root, log } = options;
  const configs = await openRootConfigs(options);
  const edge = await requireSoundRoot(configs);
  const { content } = await configs.readInventory();
  const host = createModelHost({ root, ...threadsOf(edge) });
  const models: ServedModel[] = [];
  try {
    for (const resolved of content?.models.values() ?? []) {
      const { name, version } = resolved.model;
      if (!(await hasModelFile(root, resolved.model))) {
        log.info({ model: name }, 'model is not served: it has no file here');
        continue;
      }
      const served = await servedModel(host, resolved);
      if (served.problem !== null) log.error({ model: name, reason: served.problem }, 'model cannot be served');
      models.push({ name, version, ...served });
    }
    if (models.every(({ hosted }) => hosted === null)) throw nothingToServe(models);
    return { models, problem: () => host.problem(), close: () => host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** The threads that the station of this root would use, where it runs models itself. */
function threadsOf({ model_forward }: EdgeConfig): { workers: number | undefined; timeoutMs: number } {
  if (model_forward.type !== 'embedded') return { workers: undefined, timeoutMs: DEFAULT_TIMEOUT_MS };
  return { workers: model_forward.workers, timeoutMs: model_forward.timeout_ms };
}

async function servedModel(
  host: ModelHost,
  { model, labelProblem }: ResolvedModel,
): Promise<Pick<ServedModel, 'hosted' | 'problem'>> {
  if (labelProblem !== null) {
    return { hosted: null, problem: `model "${model.name}" cannot be used: its label file ${labelProblem}` };
  }
  return await host.load(model).then(
    (hosted) => ({ hosted, problem: null }),
    (error: unknown) => ({ hosted: null, problem: messageOf(error) }),
  );
}

function nothingToServe(models: readonly ServedModel[]): AppError {
  const problems = models.flatMap(({ problem }) => problem ?? []);
  const reason = problems.length > 0 ? problems.join('; ') : 'no model of the inventory has a file under models/';
  return new AppError('ROOT_INVALID', `there is nothing to serve: ${reason}`);
}

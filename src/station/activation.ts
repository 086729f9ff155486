import { AppError, messageOf } from '../domain/errors.ts';
import type { Log } from '../ports/context.ts';
import type { OpenStation } from './open-station.ts';
import type { StationConfigState } from './root-configs.ts';
import type { StationHolder } from './station-holder.ts';
import type { StationPlan } from './station-plan.ts';

/** The fact under which the journal keeps the name of the active config. */
export const ACTIVE_CONFIG_FACT = 'active_config';

/** Makes configs active, one at a time, in the order they are asked for. */
export interface Activation {
  /**
   * Opens the config's station beside the active one and swaps it in; resolves with the config as written. Rejects with
   * `CONFIG_NOT_SELECTED`, `CONFIG_NOT_FOUND`, `CONFIG_INVALID` or `MODEL_INVALID`; then nothing has changed.
   */
  activate(name: string): Promise<unknown>;
  /** Why the config to start with is not active; null when it is, or when none was to be. */
  failure(): string | null;
  /** Makes the config to start with active. A failure is kept and logged: the station is up, without an active config. */
  start(name: string): Promise<void>;
}

export interface ActivationOptions {
  readonly holder: StationHolder;
  readonly readConfig: (name: string) => Promise<StationConfigState | undefined>;
  readonly open: (plan: StationPlan) => Promise<OpenStation>;
  /** Called once the station is the active one. */
  readonly activated: (plan: StationPlan) => Promise<void>;
  readonly log: Log;
}

export function createActivation({ holder, readConfig, open, activated, log }: ActivationOptions): Activation {
  let failure: string | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const planOf = async (name: string): Promise<StationPlan> => {
    const config = await readConfig(name);
    if (config === undefined) throw new AppError('CONFIG_NOT_FOUND', `there is no station config "${name}"`);
    if (config.plan !== null) return config.plan;
    const errors = config.diagnostics.filter(({ severity }) => severity === 'error');
    const sentences = errors.map(
      ({ file, line, path, message }) => `${file}:${line ?? 1} ${path === '' ? '' : `${path}: `}${message}`,
    );
    throw new AppError('CONFIG_INVALID', sentences.join('; '), { details: { diagnostics: errors } });
  };

  const swap = async (name: string): Promise<unknown> => {
    const plan = await planOf(name);
    const station = await open(plan);
    holder.replace(station);
    failure = null;
    await activated(plan);
    return plan.raw;
  };

  const activate = (name: string): Promise<unknown> => {
    if (name === '') return Promise.reject(new AppError('CONFIG_NOT_SELECTED', 'No configuration selected!'));
    const mine = last.catch(() => undefined).then(() => swap(name));
    last = mine;
    return mine;
  };

  return {
    activate,
    failure: () => failure,
    async start(name) {
      try {
        await activate(name);
      } catch (error) {
        failure = messageOf(error);
        log.error({ config: name, reason: failure }, 'the config to start with could not be made active');
      }
    },
  };
}

import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Log } from '../ports/context.ts';
import type { Settings } from '../settings.ts';
import { adapterContext } from './adapter-context.ts';
import { openModelForward } from './open-ports.ts';
import { openRootConfigs } from './root-configs.ts';

/** Whoever checks gets diagnostics as an answer, not as log lines. */
const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface RootCheck {
  /** Of every file of the root. */
  readonly diagnostics: readonly Diagnostic[];
  /** Names of the station configs that could be activated. */
  readonly validConfigs: readonly string[];
}

/** Checks every file of an edge root beside a running station or without one: nothing is locked, no device or model is opened. */
export async function checkRoot(root: string, settings: Settings): Promise<RootCheck> {
  const configs = await openRootConfigs({ root, settings, log: SILENT });
  const { edge } = configs;
  const forward =
    edge === null ? null : await openModelForward(edge, adapterContext(root, settings, SILENT, configs.kinds));
  try {
    const state = await configs.read(async (model) => (forward === null ? null : await forward.inspect(model)));
    return {
      diagnostics: state.diagnostics,
      validConfigs: state.configs.filter(({ plan }) => plan !== null).map(({ name }) => name),
    };
  } finally {
    await forward?.close();
  }
}

import { messageOf } from '../domain/errors.ts';
import type { Settings } from '../settings.ts';
import { openServedModels, type ServedModels } from '../station/served-models.ts';
import { type CommandLog, createLog } from './log.ts';
import { type Output, terminal } from './output.ts';
import type { RunningServer } from './serve.ts';
import { reportStartError } from './start-error.ts';
import { stopRequest } from './stop-request.ts';

/** What HTTP gives to this command; `main.ts` puts the two together. */
export interface StartModelServer {
  /** Throws `ADDRESS_UNAVAILABLE` for a host that must not be served without a key. */
  checkPlace(host: string, apiKey: string | null): void;
  /** Listens. Rejects with `ADDRESS_UNAVAILABLE` when it cannot. */
  listen(
    models: ServedModels,
    place: { readonly host: string; readonly port: number; readonly apiKey: string | null },
    log: CommandLog,
  ): Promise<RunningServer>;
}

export interface ServeModelsArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly host: string;
  readonly port: number;
  readonly startModelServer: StartModelServer;
  readonly output?: Output;
}

/** Serves the models of a root until SIGINT or SIGTERM; predictions under way are answered. A second signal ends it at once. */
export async function serveModels(args: ServeModelsArgs): Promise<number> {
  const { root, settings, host, port, startModelServer, output = terminal } = args;
  const log = createLog('info');
  const stop = stopRequest();
  let close: () => Promise<void> = async () => undefined;
  try {
    startModelServer.checkPlace(host, settings.apiKey);
    const models = await openServedModels({ root, settings, log });
    close = models.close;
    const running = await startModelServer.listen(models, { host, port, apiKey: settings.apiKey }, log);
    close = async () => {
      await running.close();
      await models.close();
    };
    const names = models.models.filter(({ hosted }) => hosted !== null).map(({ name }) => name);
    output.out(`the model server is up and running: ${running.url}/v1/models (${names.join(', ')})`);
    const signal = await stop;
    log.info({ signal }, 'stopping: predictions under way are answered');
    await close();
    return 0;
  } catch (error) {
    await close().catch((failure: unknown) => output.err(messageOf(failure)));
    return reportStartError(error, output);
  }
}

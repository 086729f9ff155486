import { messageOf } from '../domain/errors.ts';
import type { Settings } from '../settings.ts';
import type { EdgeConfig } from '../station/edge-config.ts';
import { openOrchestrator } from '../station/open-orchestrator.ts';
import type { Orchestrator } from '../station/orchestrator.ts';
import { type CommandLog, createLog } from './log.ts';
import { type Output, terminal } from './output.ts';
import { reportStartError } from './start-error.ts';
import { stopRequest } from './stop-request.ts';

export interface RunningServer {
  /** Address people open in a browser: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Answers what is under way and stops listening. */
  close(): Promise<void>;
}

export interface ServerPlace {
  readonly host: string;
  readonly port: number;
  readonly apiKey: string | null;
  readonly server: EdgeConfig['server'];
}

/** What HTTP gives to this command; `main.ts` puts the two together. */
export interface StartServer {
  /** Throws `ADDRESS_UNAVAILABLE` for a host that must not be served without a key. */
  checkPlace(host: string, apiKey: string | null): void;
  /** Listens. Rejects with `ADDRESS_UNAVAILABLE` when it cannot. */
  listen(orchestrator: Orchestrator, place: ServerPlace, log: CommandLog): Promise<RunningServer>;
}

export interface ServeArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  /** Undefined: what `edge.json` says. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly startServer: StartServer;
  readonly output?: Output;
}

/** Runs the station until SIGINT or SIGTERM; running inspections finish. A second signal ends it at once, with status 1. */
export async function serve(args: ServeArgs): Promise<number> {
  const { root, settings, startServer, output = terminal } = args;
  const log = createLog('info');
  const stop = stopRequest();
  let close: () => Promise<void> = async () => undefined;
  try {
    const { orchestrator, edge } = await openOrchestrator({
      root,
      settings,
      log,
      isServing: true,
      beforeOpening: ({ server }) => startServer.checkPlace(args.host ?? server.host, settings.apiKey),
    });
    close = orchestrator.close;
    const { server } = edge;
    const place = { host: args.host ?? server.host, port: args.port ?? server.port, apiKey: settings.apiKey, server };
    const running = await startServer.listen(orchestrator, place, log);
    close = async () => {
      await orchestrator.drain();
      await running.close();
      await orchestrator.close();
    };
    await orchestrator.announce(running.url);
    output.out(`the edge orchestrator is up and running: ${running.url}/docs`);
    const { reasons } = await orchestrator.health();
    if (reasons.length > 0) log.warn({ reasons }, 'the station is not ready');
    const signal = await stop;
    log.info({ signal }, 'stopping: running inspections finish');
    await close();
    return 0;
  } catch (error) {
    await close().catch((failure: unknown) => output.err(messageOf(failure)));
    return reportStartError(error, output);
  }
}

import type { Settings } from '../settings.ts';
import { type ConfiguredCamera, configuredCameras } from '../station/configured-cameras.ts';
import { type ConnectedCamera, connectedCameras } from '../station/connected-cameras.ts';
import { untilInterrupted } from './interrupt.ts';
import { createLog } from './log.ts';
import { type Output, terminal } from './output.ts';
import { reportStartError } from './start-error.ts';

export interface CamerasArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  /** Station config whose cameras are meant; undefined: those of all, and the active one is measured. */
  readonly config: string | undefined;
  /** Open the cameras and measure how long captures take. */
  readonly measure: boolean;
  readonly json: boolean;
  readonly output?: Output;
}

const CAPTURES = 20;

/** Lists the cameras of the machine and of the configs. Exit code 1 when a camera that was measured gave no pictures. */
export async function cameras({ json, output = terminal, measure, ...args }: CamerasArgs): Promise<number> {
  return await untilInterrupted(async (signal) => {
    try {
      const connected = await connectedCameras(args.settings.env);
      const plan = measure ? { captures: CAPTURES, signal } : null;
      const configured = await configuredCameras({ ...args, log: createLog('warn'), measure: plan });
      const notes = [
        ...connected.notes,
        ...configured.broken.map((name) => `the config "${name}" has errors: see edge-orchestrator check`),
      ];
      if (json) {
        const found = { connected: connected.cameras, configured: configured.cameras, notes };
        output.out(JSON.stringify(found, null, 2));
      } else {
        for (const line of linesOf(connected.cameras, configured.cameras)) output.out(line);
        for (const note of notes) output.err(note);
      }
      return configured.cameras.some(({ measured }) => (measured?.failure ?? null) !== null) ? 1 : 0;
    } catch (error) {
      return reportStartError(error, output);
    }
  });
}

function linesOf(connected: readonly ConnectedCamera[], configured: readonly ConfiguredCamera[]): readonly string[] {
  return [
    connected.length === 0 ? 'connected: no camera' : 'connected:',
    ...connected.map(({ type, source, name, formats }) =>
      [
        '  ',
        type,
        ' ',
        source,
        name === null ? '' : `  ${name}`,
        formats.length === 0 ? '' : `  (${formats.join('; ')})`,
      ].join(''),
    ),
    configured.length === 0 ? 'configured: no camera' : 'configured:',
    ...configured.map(configuredLine),
  ];
}

function configuredLine({ config, is_active, camera, type, source, measured }: ConfiguredCamera): string {
  const what = `  ${config}${is_active ? ' (active)' : ''}  ${camera}: ${type}${source === null ? '' : ` ${source}`}`;
  if (measured === undefined) return what;
  const { captures, p50_ms, p95_ms, opened_ms, failure } = measured;
  const times = `${captures} captures, trigger to picture: p50 ${p50_ms} ms, p95 ${p95_ms} ms; there after ${opened_ms} ms`;
  return [what, ...(captures === 0 ? [] : [times]), ...(failure === null ? [] : [failure])].join('  — ');
}

import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DEAD_LETTER_PARTS, type DeadLetterPart } from '../application/dead-letters.ts';
import { messageOf } from '../domain/errors.ts';
import type { Settings } from '../settings.ts';
import { cameras } from './cameras.ts';
import { check } from './check.ts';
import { deadLetters } from './dead-letters.ts';
import { init } from './init.ts';
import { inspect } from './inspect.ts';
import { ledger } from './ledger.ts';
import { terminal } from './output.ts';
import { reindex } from './reindex.ts';
import { schema } from './schema.ts';
import { type StartServer, serve } from './serve.ts';
import { type StartModelServer, serveModels } from './serve-models.ts';

export interface CliParts {
  readonly settings: Settings;
  readonly version: string;
  readonly startServer: StartServer;
  readonly startModelServer: StartModelServer;
}

/** Runs one command line; resolves with the exit status: 0 only when the command did what was asked. */
export async function runCli(args: readonly string[], parts: CliParts): Promise<number> {
  const { settings, version, startServer, startModelServer } = parts;
  let status = 0;
  const rootOf = (root: string | undefined): string => resolve(root ?? settings.edgeRoot ?? '.');
  const rootOption = (): Option =>
    new Option('--root <dir>', 'edge root (default: EDGE_ROOT, else the current folder)');

  const program = new Command('edge-orchestrator')
    .description('Visual inspection beside a production line: captures, keeps, inspects and decides OK or KO.')
    .version(version)
    .showHelpAfterError()
    .exitOverride();

  program
    .command('serve')
    .description('run the station; SIGINT and SIGTERM let running inspections finish')
    .addOption(rootOption())
    .option('--host <host>', 'address to listen on (default: server.host of edge.json, else 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any (default: server.port of edge.json, else 8000)', parsePort)
    .action(async ({ root, host, port }: { root?: string; host?: string; port?: number }) => {
      status = await serve({ root: rootOf(root), settings, host, port, startServer });
    });

  program
    .command('serve-models')
    .description('run the models of the root for other stations, as TensorFlow Serving does (REST)')
    .addOption(rootOption())
    .option('--host <host>', 'address to listen on; any but this machine needs EDGE_API_KEY', '127.0.0.1')
    .option('--port <port>', 'port to listen on, 0 for any', parsePort, 8501)
    .action(async ({ root, host, port }: { root?: string; host: string; port: number }) => {
      status = await serveModels({ root: rootOf(root), settings, host, port, startModelServer });
    });

  program
    .command('inspect')
    .description('one inspection without a server; prints the item')
    .addOption(rootOption())
    .option('--config <name>', 'station config (default: the one the station would start with)')
    .option('--image <camera_id=file>', 'a picture instead of the capture of a camera; may be repeated', collected, [])
    .option('--json', 'accepted for symmetry: the item is printed as JSON anyway')
    .action(async ({ root, config, image }: { root?: string; config?: string; image: readonly string[] }) => {
      status = await inspect({ root: rootOf(root), settings, config, images: image });
    });

  program
    .command('check')
    .description('validate every file of the root, nothing opened')
    .addOption(rootOption())
    .option('--json', 'print the diagnostics as JSON')
    .action(async ({ root, json }: { root?: string; json?: boolean }) => {
      status = await check({ root: rootOf(root), settings, json: json === true });
    });

  program
    .command('cameras')
    .description('list the cameras of the machine and of the station configs')
    .addOption(rootOption())
    .option('--config <name>', 'only the cameras of this station config')
    .option('--measure', 'open the cameras of the active (or named) config and measure how long captures take')
    .option('--json', 'print the result as JSON')
    .action(async (options: { root?: string; config?: string; measure?: boolean; json?: boolean }) => {
      status = await cameras({
        ...{ root: rootOf(options.root), settings, config: options.config },
        ...{ measure: options.measure === true, json: options.json === true },
      });
    });

  program
    .command('ledger')
    .description('whether every trigger was decided, stored and delivered; exit status 1 when something is missing')
    .addOption(rootOption())
    .option('--json', 'print the whole ledger as JSON')
    .action(async ({ root, json }: { root?: string; json?: boolean }) => {
      status = await ledger({ root: rootOf(root), settings, json: json === true });
    });

  const letters = program
    .command('dead-letters')
    .description(
      'what the station does not try again by itself: items that ended it twice, deliveries that were refused',
    );
  const letterCommand = (action: 'list' | 'retry' | 'drop', description: string): Command =>
    letters
      .command(action, { isDefault: action === 'list' })
      .description(description)
      .addOption(rootOption())
      .option('--json', 'print the result as JSON');
  letterCommand('list', 'list them').action(async ({ root, json }: { root?: string; json?: boolean }) => {
    status = await deadLetters({
      ...{ root: rootOf(root), settings, action: 'list', itemIds: [], what: undefined },
      json: json === true,
    });
  });
  for (const action of ['retry', 'drop'] as const) {
    const description = action === 'retry' ? 'try them again' : 'give them up: the items stay as they are';
    letterCommand(action, description)
      .argument('<item_id...>', 'items, or "all"')
      .addOption(new Option('--what <part>', 'only this of each item').choices(DEAD_LETTER_PARTS))
      .action(async (itemIds: string[], options: { root?: string; json?: boolean; what?: DeadLetterPart }) => {
        status = await deadLetters({
          ...{ root: rootOf(options.root), settings, action, itemIds, what: options.what },
          json: options.json === true,
        });
      });
  }

  program
    .command('reindex')
    .description('write the journal (the index of the items) anew from the stored items')
    .addOption(rootOption())
    .option('--json', 'print the figures as JSON')
    .action(async ({ root, json }: { root?: string; json?: boolean }) => {
      status = await reindex({ root: rootOf(root), settings, json: json === true });
    });

  program
    .command('schema')
    .description('print the JSON Schema of a kind of file, for an editor')
    .argument('<name>', 'station-config, inventory or edge')
    .option('--root <dir>', 'edge root whose plugins are described too')
    .action(async (name: string, { root }: { root?: string }) => {
      status = await schema({ name, root: root === undefined ? undefined : resolve(root) });
    });

  program
    .command('init')
    .description('write a new edge root that works at once')
    .argument('<dir>')
    .option('--force', 'write into a folder that holds something; what is there is kept')
    .action(async (dir: string, { force }: { force?: boolean }) => {
      status = await init({ dir, force: force === true });
    });

  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') return error.exitCode;
    terminal.err(messageOf(error));
    return 1;
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

function collected(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

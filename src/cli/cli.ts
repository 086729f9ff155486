import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../domain/errors.ts';
import type { Settings } from '../settings.ts';
import { check } from './check.ts';
import { init } from './init.ts';
import { inspect } from './inspect.ts';
import { terminal } from './output.ts';
import { reindex } from './reindex.ts';
import { schema } from './schema.ts';
import { type StartServer, serve } from './serve.ts';

export interface CliParts {
  readonly settings: Settings;
  readonly version: string;
  readonly startServer: StartServer;
}

/** Runs one command line; resolves with the exit status: 0 only when the command did what was asked. */
export async function runCli(args: readonly string[], { settings, version, startServer }: CliParts): Promise<number> {
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
    .command('reindex')
    .description('write the journal (the index of the items) anew from the stored items; the station must be stopped')
    .addOption(rootOption())
    .option('--json', 'print the figures as JSON')
    .action(async ({ root, json }: { root?: string; json?: boolean }) => {
      status = await reindex({ root: rootOf(root), settings, json: json === true });
    });

  program
    .command('schema')
    .description('print the JSON Schema of a kind of file, for an editor')
    .argument('<name>', 'station-config, inventory or edge')
    .action(async (name: string) => {
      status = await schema({ name });
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

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { Item } from '../src/domain/item.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const DONE_TIMEOUT_MS = 30_000;
const POLL_MS = 10;

/** A command line that runs or has run in a process of its own. */
export interface Command {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves when the process has ended and its output is complete. */
  readonly ended: Promise<Ending>;
}

export interface Ending {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** What the environment holds beside PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A program, with its arguments, that the command line is given to. */
  readonly under?: readonly string[];
  /** Another program than `edge-orchestrator`. */
  readonly program?: readonly string[];
}

/** A station that serves. */
export interface StationProcess extends Command {
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** A request below `/api/v1`; an object or text as body is sent as JSON. */
  request(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get<Answer = unknown>(path: string): Promise<Answer>;
  /** Triggers, expects to be accepted and gives the item's id. */
  trigger(body?: unknown): Promise<string>;
  /** The item once it is `Done`. */
  done(id: string): Promise<Item>;
  inspected(body?: unknown): Promise<Item>;
  activate(config: string): Promise<Response>;
  /** Ends it by a signal; gives its exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
});

function startCommand(args: readonly string[], options: CommandOptions = {}): Command {
  const { env = {}, cwd, under = [], program = [process.execPath, MAIN] } = options;
  const [command = '', ...rest] = [...under, ...program, ...args];
  const child = spawn(command, rest, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  const ended = once(child, 'close').then(([status]): Ending => {
    running.delete(child);
    return { status: status as number | null, ...text };
  });
  return { child, pid: child.pid ?? 0, stdout: () => text.stdout, stderr: () => text.stderr, ended };
}

/** Runs a command line to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<Ending> {
  return await startCommand(args, options).ended;
}

/** Starts `serve` on any free port and resolves once the address is printed. */
export async function startStation(
  root: string,
  { args = [], ...options }: CommandOptions & { readonly args?: readonly string[] } = {},
): Promise<StationProcess> {
  const command = startCommand(
    [...(options.program ? [] : ['serve']), '--root', root, '--port', '0', ...args],
    options,
  );
  const url = await addressOf(command);
  const { child } = command;

  const request: StationProcess['request'] = async (method, path, body, headers = {}) => {
    const isJson = body !== undefined && !(body instanceof FormData);
    return await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body === undefined ? {} : { body: isJson && typeof body !== 'string' ? JSON.stringify(body) : body }),
    } as RequestInit);
  };
  const get: StationProcess['get'] = async <Answer>(path: string) => {
    const answer = await request('GET', path);
    if (!answer.ok) throw new Error(`GET ${path} was answered with ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  const trigger: StationProcess['trigger'] = async (body) => {
    const answer = await request('POST', '/trigger', body);
    if (answer.status !== 200)
      throw new Error(`the trigger was answered with ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { item_id: string }).item_id;
  };
  const done: StationProcess['done'] = async (id) => {
    const deadline = performance.now() + DONE_TIMEOUT_MS;
    while (performance.now() < deadline) {
      if ((await get(`/items/${id}/state`)) === 'Done') return await get<Item>(`/items/${id}`);
      await sleep(POLL_MS);
    }
    throw new Error(`item ${id} did not end: ${JSON.stringify(await get(`/items/${id}`))}`);
  };
  return {
    ...command,
    url,
    request,
    get,
    trigger,
    done,
    inspected: async (body) => await done(await trigger(body)),
    activate: async (config) => await request('POST', '/configs/active', { config_name: config }),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return (await command.ended).status;
    },
  };
}

/** Starts `serve-models` on any free port and resolves once the address is printed. */
export async function startModelServer(
  root: string,
  { args = [], ...options }: CommandOptions & { readonly args?: readonly string[] } = {},
): Promise<{ readonly url: string; stop(): Promise<number | null> }> {
  const command = startCommand(['serve-models', '--root', root, '--port', '0', ...args], options);
  const url = await addressOf(command, /(http:\/\/\S+)\/v1\/models/);
  return {
    url,
    async stop() {
      command.child.kill('SIGTERM');
      return (await command.ended).status;
    },
  };
}

async function addressOf(
  { stdout, stderr, ended }: Command,
  printed: RegExp = /(http:\/\/\S+)\/docs/,
): Promise<string> {
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const found = printed.exec(stdout())?.[1];
    if (found !== undefined) return found;
    if (isEnded) throw new Error(`the station ended before it was up: ${stdout()}${stderr()}`);
    await sleep(POLL_MS);
  }
  throw new Error(`the station printed no address: ${stdout()}${stderr()}`);
}

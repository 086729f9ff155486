import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Usage } from './event-loop-delay.ts';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** A real station in a process of its own. */
export interface StationProcess {
  readonly port: number;
  /** Milliseconds from the start of the process until it was ready. */
  readonly readyMs: number;
  /** What the process used since the last call. */
  usage(): Promise<Usage>;
  /** Ends it as an operator would, and rejects when it does not end well. */
  stop(): Promise<void>;
}

/** As in `npm start`. */
const MEMORY_OPTIONS = ['--max-semi-space-size=8', '--max-old-space-size=1024'];

/** Starts `serve` on this root, with `env` added to the environment, and resolves when the station is ready to inspect. */
export async function startStation(root: string, env: Readonly<Record<string, string>> = {}): Promise<StationProcess> {
  const port = await freePort();
  const preload = new URL('./event-loop-delay.ts', import.meta.url).href;
  const main = new URL('../src/main.ts', import.meta.url).pathname;
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    [...MEMORY_OPTIONS, '--import', preload, main, 'serve', '--root', root, '--port', String(port)],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    },
  );
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-4_000);
  });
  try {
    await whenReady(child, port);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the station of ${root} did not become ready: ${complaints}`, { cause: error });
  }
  return {
    port,
    readyMs: performance.now() - begin,
    async usage() {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(STOP_TIMEOUT_MS) });
      child.send('usage');
      const [usage] = await answer;
      return usage as Usage;
    },
    async stop() {
      if (child.exitCode !== null) throw new Error(`the station ended by itself: ${complaints}`);
      const exit = once(child, 'exit', { signal: AbortSignal.timeout(STOP_TIMEOUT_MS) });
      child.kill('SIGTERM');
      const [status] = await exit.catch((error: unknown) => {
        child.kill('SIGKILL');
        throw error;
      });
      if (status !== 0) throw new Error(`the station ended with status ${String(status)}: ${complaints}`);
    },
  };
}

async function whenReady(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  let reason = 'it does not answer';
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/health/ready`);
      reason = await answer.text();
      if (answer.ok) return;
    } catch {
      // The port is not open yet.
    }
    await sleep(20);
  }
  throw new Error(reason);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no free port was found');
  return address.port;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { programPath, without } from '../../testing/needs.test-support.ts';
import { freePort, isListening } from '../../testing/network.test-support.ts';

const USER = 'edge';
const PASSWORD = 'swordfish-4711';
const STARTS_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 5_000;

const PROGRAM = 'ferretdb';
const path = programPath(PROGRAM);

/** Ends the name of a test that needs this server, where it is not. */
export const withoutMongo = without(PROGRAM, path !== undefined);

/** A server that speaks the protocol of MongoDB, on a free port of this machine, with one user. */
export interface MongoServer {
  readonly port: number;
  /** Its address, with the user that it knows unless another password is given. */
  address(password?: string): string;
  /** Works in the collection of the items past the storage. */
  items<Result>(work: (items: Collection<Document & { _id: string }>) => Promise<Result>): Promise<Result>;
  /** Removes the collection with its indexes. */
  empty(): Promise<void>;
  /** Starts it on the same port again; what it had is still there. */
  start(): Promise<void>;
  /** Ends its process: who is connected is disconnected. */
  stop(): Promise<void>;
  /** Halts its process: it still takes connections, and answers nothing until `goOn`. */
  fallSilent(): void;
  goOn(): void;
  /** Stops it and removes its folder; a second call does nothing. */
  remove(): Promise<void>;
}

export async function startMongo(): Promise<MongoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-mongo-'));
  const port = await freePort();
  let running: ChildProcess | undefined;

  const address = (password = PASSWORD): string =>
    `mongodb://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/orchestratorDB`;

  async function start(): Promise<void> {
    const server = spawn(path ?? PROGRAM, argumentsFor(port, folder), { stdio: ['ignore', 'pipe', 'pipe'] });
    running = server;
    const said: string[] = [];
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => void said.push(String(text)));
    server.on('error', (error) => void said.push(error.message));
    for (const end = Date.now() + STARTS_WITHIN_MS; !(await isListening(port)); await sleep(50)) {
      if (server.exitCode === null && server.pid !== undefined && Date.now() < end) continue;
      await stop();
      throw new Error(`the MongoDB server did not start: ${said.slice(-10).join('')}`);
    }
  }

  async function stop(): Promise<void> {
    const server = running;
    running = undefined;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    const timer = setTimeout(() => server.kill('SIGKILL'), STOPS_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  }

  async function items<Result>(
    work: (items: Collection<Document & { _id: string }>) => Promise<Result>,
  ): Promise<Result> {
    const client = new MongoClient(address());
    try {
      return await work(client.db('orchestratorDB').collection('items'));
    } finally {
      await client.close();
    }
  }

  async function remove(): Promise<void> {
    await stop();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    port,
    address,
    items,
    start,
    stop,
    remove,
    fallSilent: () => void running?.kill('SIGSTOP'),
    goOn: () => void running?.kill('SIGCONT'),
    async empty() {
      await items((collection) => collection.drop());
    },
  };
}

function argumentsFor(port: number, folder: string): readonly string[] {
  return [
    '--handler=sqlite',
    `--sqlite-url=file:${folder}/`,
    `--state-dir=${folder}`,
    `--listen-addr=127.0.0.1:${port}`,
    '--debug-addr=-',
    '--telemetry=disable',
    '--log-level=ERROR',
    '--test-enable-new-auth',
    '--setup-database=orchestratorDB',
    `--setup-username=${USER}`,
    `--setup-password=${PASSWORD}`,
  ];
}

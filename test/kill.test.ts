import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Ledger } from '../src/application/ledger.ts';
import type { StationStatus } from '../src/station/orchestrator.ts';
import { newFolder, writeFiles } from './edge-root.test-support.ts';
import { type RemoteServers, startRemoteServers, withoutPostgres } from './remote-servers.test-support.ts';
import { type StationProcess, startStation } from './station-process.test-support.ts';

/** How often the station is killed; KILLS in the environment asks for more. */
const KILLS = Number(process.env.KILLS ?? 6);
const LINES = 4;
const TIMEOUT_MS = 60_000 + 15_000 * KILLS;
const DEMO = new URL('../examples/blister-line/', import.meta.url).pathname;

/** The demo line, with real models and pictures, that sends everything to remote servers too. */
function demoRoot(servers: RemoteServers): string {
  const root = newFolder();
  for (const part of ['config', 'models', 'data', 'plugins']) {
    cpSync(join(DEMO, part), join(root, part), {
      recursive: true,
      filter: (path) => !/data\/(storage|journal|configs)/.test(path),
    });
  }
  mkdirSync(join(root, 'data'), { recursive: true });
  const plugins = ['./plugins/exact-nb-objects-rule.ts'];
  writeFiles(root, servers.edge({ model_forward: { type: 'embedded' }, active_config: 'blister_line', plugins }));
  return root;
}

/** Every picture that a camera of the demo can show. */
function picturesOf(root: string): readonly Buffer[] {
  const data = join(root, 'data');
  const folders = readdirSync(data, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .filter(({ name }) => !['storage', 'configs'].includes(name))
    .flatMap(({ name }) => readdirSync(join(data, name)).map((file) => readFileSync(join(data, name, file))));
}

/** Senders that trigger one part after the other, and repeat a part whose answer they did not get. */
function startLines(url: () => string | null): {
  readonly answers: ReadonlyMap<string, Set<string>>;
  end(): Promise<void>;
} {
  const answers = new Map<string, Set<string>>();
  let isEnding = false;
  let parts = 0;
  const send = async (key: string): Promise<boolean> => {
    const address = url();
    if (address === null) return false;
    try {
      const headers = { 'idempotency-key': key };
      const answer = await fetch(`${address}/api/v1/trigger`, { method: 'POST', headers });
      const { item_id } = (await answer.json()) as { item_id?: string };
      if (answer.status !== 200 || item_id === undefined) return false;
      answers.set(key, (answers.get(key) ?? new Set()).add(item_id));
      return true;
    } catch {
      return false;
    }
  };
  const line = async (): Promise<void> => {
    while (!isEnding) {
      parts += 1;
      const key = `part-${parts}`;
      while (!(await send(key))) await sleep(20);
      // a sender may repeat what was answered as well
      if (parts % 10 === 0) await send(key);
    }
  };
  const lines = Array.from({ length: LINES }, line);
  return {
    answers,
    async end() {
      isEnding = true;
      await Promise.all(lines);
    },
  };
}

describe.skipIf(withoutPostgres !== '')(`a station that is killed ${KILLS} times under load${withoutPostgres}`, () => {
  let servers: RemoteServers;
  beforeAll(async () => {
    servers = await startRemoteServers();
  });
  afterAll(async () => {
    await servers?.close();
  });

  it(
    'has one decided item for every answered trigger, whole pictures, and delivers each item once',
    async () => {
      const root = demoRoot(servers);
      const known = picturesOf(root);
      const start = (): Promise<StationProcess> => startStation(root, { env: servers.env });
      let station: StationProcess | null = null;
      const lines = startLines(() => station?.url ?? null);
      for (let kill = 0; kill < KILLS; kill += 1) {
        station = await start();
        await sleep(Math.random() * 1_500);
        const killed: StationProcess = station;
        station = null;
        await killed.stop('SIGKILL');
      }
      const last = await start();
      station = last;
      await lines.end();

      await vi.waitFor(
        async () => {
          const { deliveries, recovering } = await last.get<StationStatus>('/health');
          expect([recovering, ...deliveries.map(({ waiting }) => waiting)]).toEqual([0, 0, 0, 0]);
        },
        { timeout: TIMEOUT_MS / 2, interval: 500 },
      );
      const ids = [...lines.answers.values()].flatMap((answered) => [...answered]);
      // each part one item, however often it was sent
      expect(ids).toHaveLength(lines.answers.size);
      expect(new Set(ids).size).toBe(ids.length);
      const ledger = await last.get<Ledger>('/ledger');
      const all = ids.length;
      expect(ledger).toMatchObject({
        closed: true,
        missing: [],
        unknown: [],
        accepted: all,
        decided: all,
        stored: all,
      });
      for (const id of ids) {
        const { binaries } = await last.get<{ binaries: string[] }>(`/items/${id}`);
        const folder = join(root, 'data/storage/blister_line', id);
        expect(readdirSync(folder).toSorted()).toEqual(['metadata.json', ...binaries].toSorted());
        for (const name of binaries) {
          const bytes = readFileSync(join(folder, name));
          expect(known.some((picture) => picture.equals(bytes))).toBe(true);
        }
      }
      const rows = await servers.rows();
      expect(rows.map(({ item_id }) => String(item_id)).toSorted()).toEqual(ids.toSorted());
      const records = (await servers.objects()).filter((name) => name.endsWith('/metadata.json'));
      expect(records).toEqual(ids.map((id) => `line-7/blister_line/${id}/metadata.json`).toSorted());
      console.log(
        JSON.stringify({ kills: KILLS, items: all, dead_letters: (await last.get<unknown[]>('/dead-letters')).length }),
      );
      expect(await last.stop()).toBe(0);
    },
    TIMEOUT_MS,
  );
});

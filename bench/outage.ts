/** Measures a station whose remote storage and telemetry sink are away for many items and then come back; prints JSON. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { StationStatus } from '../src/station/orchestrator.ts';
import { type Driver, openDriver } from './drive.ts';
import { changeEdge, scenarios } from './edge-roots.ts';
import { latenciesOf, percentile, rounded } from './figures.ts';
import type { RemoteCommand, RemoteCounts, RemotePlaces } from './remote-servers.ts';
import { startStation } from './station-process.ts';

const HELP = `npm run --silent bench:outage -- [--items N] [--only NAME]

Inspects N items (default 20,000) while the S3 store and the PostgreSQL server of a station are away, lets them come
back, and measures the latency of new items before, while and after the backlog is worked off. Stores, server, station
and client share the machine's processors.

  --only NAME    scenario of npm run bench for the new items (default: embedded-marker with SAMPLES_DIR, else embedded-demo)`;

const { values: options } = parseArgs({
  options: {
    items: { type: 'string', default: '20000' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const PAUSE_MS = 100;
const SHOTS = 300;
const LOOK_EVERY_MS = 2_000;

function startServers() {
  const child = fork(new URL('./remote-servers.ts', import.meta.url));
  const answer = async (): Promise<unknown> => ((await once(child, 'message'))[0] as { answer: unknown }).answer;
  return {
    places: answer() as Promise<RemotePlaces>,
    async tell(command: RemoteCommand): Promise<unknown> {
      const answered = answer();
      child.send(command);
      return await answered;
    },
  };
}

/** Latencies of single inspections, ten a second, as long as `goesOn` says so; at most `count`. */
async function latencies(driver: Driver, count: number, goesOn: () => Promise<boolean>): Promise<readonly number[]> {
  const found: number[] = [];
  while (found.length < count && (await goesOn())) {
    const { item } = await driver.shoot();
    if (item !== null) found.push((await item).doneMs);
    await sleep(PAUSE_MS);
  }
  return found;
}

const waitingOf = async (driver: Driver): Promise<number> => {
  const { deliveries } = (await driver.get('/api/v1/health')) as StationStatus;
  return deliveries.reduce((sum, { waiting }) => sum + waiting, 0);
};

async function main(): Promise<void> {
  if (options.help) return console.log(HELP);
  const items = Number(options.items);
  const known = scenarios(process.env.SAMPLES_DIR);
  const scenario = known.find(({ name }) => name === options.only) ?? known.at(-1);
  if (scenario === undefined || !Number.isInteger(items) || items < 1) throw new Error(HELP);
  const servers = startServers();
  const { bucket, endpoint, postgres } = await servers.places;
  const env = {
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    POSTGRES_DB_URI: postgres,
    EDGE_NAME: 'bench',
  };
  mkdirSync('reports', { recursive: true });
  const root = mkdtempSync(join('reports', 'bench-outage-'));
  await scenario.write(root);
  const s3 = { type: 's3_bucket', bucket, endpoint };
  await changeEdge(root, { binary_storage: s3, metadata_storage: s3, telemetry_sink: { type: 'postgresql' } });
  try {
    const station = await startStation(root, env);
    const driver = await openDriver(station.port);
    await driver.run(50, 4);
    await servers.tell('goAway');
    console.error(`${scenario.name}: inspecting ${items} items while the servers are away`);
    const begin = performance.now();
    await driver.run(items, 4);
    const fillS = (performance.now() - begin) / 1_000;
    let lookedAt = 0;
    let waiting = 0;
    // the station looks at everything it has to answer this: now and then, and always as often
    const look = async (): Promise<void> => {
      if (performance.now() - lookedAt < LOOK_EVERY_MS) return;
      lookedAt = performance.now();
      waiting = await waitingOf(driver);
    };
    const always = async (): Promise<boolean> => {
      await look();
      return true;
    };
    const away = await latencies(driver, SHOTS, always);
    await servers.tell('comeBack');
    console.error('the servers are back');
    const back = performance.now();
    waiting = items;
    let drainedS: number | null = null;
    const isDraining = async (): Promise<boolean> => {
      await look();
      if (waiting > 3) return true;
      drainedS ??= (performance.now() - back) / 1_000;
      return false;
    };
    const draining = await latencies(driver, Number.POSITIVE_INFINITY, isDraining);
    const after = await latencies(driver, SHOTS, always);
    while ((await waitingOf(driver)) > 0) await sleep(PAUSE_MS);
    const total = 50 + items + away.length + draining.length + after.length;
    const counts = (await servers.tell('count')) as RemoteCounts;
    const ratio = (share: number): number => rounded(percentile(draining, share) / percentile(after, share));
    console.log(
      JSON.stringify(
        {
          ...{ scenario: scenario.name, items, inspected_per_second_meanwhile: rounded(items / fillS) },
          ...{ drained_after_s: rounded(drainedS ?? Number.NaN), total },
          arrived: { ...counts, objects_per_item: rounded(counts.objects / total) },
          latency_ms: { away: latenciesOf(away), draining: latenciesOf(draining), after: latenciesOf(after) },
          slower_while_draining: { p50: ratio(0.5), p95: ratio(0.95) },
        },
        null,
        2,
      ),
    );
    driver.close();
    await station.stop();
  } finally {
    await servers.tell('close');
    rmSync(root, { recursive: true, force: true });
  }
}

await main();

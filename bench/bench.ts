/** Measures real stations over HTTP and prints JSON; `--help` says what. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Driver, openDriver } from './drive.ts';
import { type Scenario, scenarios } from './edge-roots.ts';
import { latenciesOf, partsOf, rounded } from './figures.ts';
import { type StationProcess, startStation } from './station-process.ts';

const IN_FLIGHT = 4;
const WARM_UP = 50;

const HELP = `npm run --silent bench -- [options]

Starts a station per scenario as a process of its own, triggers it over HTTP and prints JSON: first one inspection at a
time, then ${IN_FLIGHT} in flight. Client and station share the machine's processors.

  --count N     inspections of each of the two runs (default 500)
  --only NAME   this scenario alone; may be given more than once
  --list        names the scenarios
  --help        this text

SAMPLES_DIR=<folder with marker_images and marker_quality_control> adds the scenario embedded-marker.`;

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    only: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function oneAtATime(driver: Driver, count: number): Promise<object> {
  const { latenciesMs, samples, decisions } = await driver.run(count, 1);
  return { latency_ms: latenciesOf(latenciesMs), parts: partsOf(samples), decisions };
}

async function inFlight(station: StationProcess, driver: Driver, count: number): Promise<object> {
  const { rssMb: rssStart } = await station.usage();
  const { durationMs, latenciesMs, decisions } = await driver.run(count, IN_FLIGHT);
  const { cpuMs, rssMb, eventLoopDelayMs } = await station.usage();
  const { p50, p99, max } = eventLoopDelayMs;
  return {
    inspections_per_second: rounded((count / durationMs) * 1_000),
    latency_ms: latenciesOf(latenciesMs),
    cpu_ms_per_inspection: rounded(cpuMs / count),
    rss_mb: { start: rounded(rssStart), end: rounded(rssMb) },
    event_loop_delay_ms: { p50: rounded(p50), p99: rounded(p99), max: rounded(max) },
    decisions,
  };
}

async function measure(scenario: Scenario, root: string, count: number): Promise<object> {
  await scenario.write(root);
  const station = await startStation(root);
  try {
    const driver = await openDriver(station.port);
    try {
      await driver.run(WARM_UP, IN_FLIGHT);
      return {
        what: scenario.what,
        ready_ms: rounded(station.readyMs),
        one_at_a_time: await oneAtATime(driver, count),
        [`${IN_FLIGHT}_in_flight`]: await inFlight(station, driver, count),
      };
    } finally {
      driver.close();
    }
  } finally {
    await station.stop();
  }
}

async function main(): Promise<void> {
  if (options.help) return console.log(HELP);
  const all = scenarios(process.env.SAMPLES_DIR);
  if (options.list) return console.log(all.map(({ name, what }) => `${name.padEnd(18)} ${what}`).join('\n'));
  const count = Number(options.count);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`--count takes a whole number from 1, not "${options.count}"`);
  const unknown = options.only.filter((name) => !all.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    throw new Error(`no scenario is named ${unknown.join(', ')}: there are ${all.map(({ name }) => name).join(', ')}`);
  }

  // Beside the product, since a temporary folder in memory would make every write free.
  mkdirSync('reports', { recursive: true });
  const roots = mkdtempSync(join('reports', 'bench-'));
  const results: Record<string, object> = {};
  try {
    for (const scenario of all.filter(({ name }) => options.only.length === 0 || options.only.includes(name))) {
      console.error(`measuring ${scenario.name}: ${count} one at a time, ${count} with ${IN_FLIGHT} in flight`);
      results[scenario.name] = await measure(scenario, join(roots, scenario.name), count);
    }
  } finally {
    rmSync(roots, { recursive: true, force: true });
  }
  const [processor] = cpus();
  const machine = {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpus: cpus().length,
    model: processor?.model,
  };
  console.log(JSON.stringify({ machine, count, results }, null, 2));
}

try {
  await main();
} catch (error) {
  console.error(
    error instanceof Error
      ? `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`
      : error,
  );
  process.exitCode = 1;
}

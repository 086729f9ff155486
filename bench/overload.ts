/** Measures a station at twice the load it can take, and after it; prints JSON. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Driver, openDriver, type Shot } from './drive.ts';
import { changeEdge, scenarios } from './edge-roots.ts';
import { latenciesOf, percentile, rounded } from './figures.ts';
import { startStation } from './station-process.ts';

const HELP = `npm run --silent bench:overload -- [--seconds N] [--deadline MS] [--only NAME]

Finds the rate that a station sustains with 4 in flight, triggers it at twice that rate, and watches how soon it answers
as before. "verdict" is the time from a trigger to the first word of its decision.

  --seconds N    of overload (default 60)
  --deadline MS  of every item (default 500)
  --only NAME    scenario of npm run bench (default: embedded-marker with SAMPLES_DIR, else embedded-demo)`;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    deadline: { type: 'string', default: '500' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const QUIET_SHOTS = 100;
const QUIET_PAUSE_MS = 50;
const AFTER_MS = 5_000;

/** Latencies of single inspections with a pause between them. */
async function quietly(driver: Driver, count: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let shot = 0; shot < count; shot += 1) {
    const { item } = await driver.shoot();
    if (item !== null) latencies.push((await item).doneMs);
    await sleep(QUIET_PAUSE_MS);
  }
  return latencies;
}

/** Triggers at a steady rate, whatever becomes of the triggers. */
async function overload(driver: Driver, perSecond: number, seconds: number): Promise<readonly Shot[]> {
  const shots: Promise<Shot>[] = [];
  const begin = performance.now();
  for (let count = 0; count < perSecond * seconds; count += 1) {
    const due = begin + (1_000 * count) / perSecond - performance.now();
    if (due > 0) await sleep(due);
    shots.push(driver.shoot());
  }
  return await Promise.all(shots);
}

/** Milliseconds after the end of the load from which on every inspection is as quick as before it. */
async function untilNormal(driver: Driver, normalMs: number): Promise<number | null> {
  const begin = performance.now();
  let since: number | null = null;
  while (performance.now() - begin < AFTER_MS) {
    const at = performance.now() - begin;
    const { item } = await driver.shoot();
    const isNormal = item !== null && (await item).doneMs <= normalMs;
    if (!isNormal) since = null;
    else since ??= at;
    await sleep(QUIET_PAUSE_MS);
  }
  return since === null ? null : rounded(since);
}

async function main(): Promise<void> {
  if (options.help) return console.log(HELP);
  const seconds = Number(options.seconds);
  const deadline = Number(options.deadline);
  const known = scenarios(process.env.SAMPLES_DIR);
  const scenario = known.find(({ name }) => name === options.only) ?? known.at(-1);
  if (scenario === undefined || !(seconds > 0) || !(deadline > 0)) throw new Error(HELP);
  mkdirSync('reports', { recursive: true });
  const root = mkdtempSync(join('reports', 'bench-overload-'));
  await scenario.write(root);
  await changeEdge(root, { deadline: { ms: deadline } });
  const station = await startStation(root);
  const driver = await openDriver(station.port);
  try {
    await driver.run(50, 4);
    const before = await quietly(driver, QUIET_SHOTS);
    const { durationMs } = await driver.run(600, 4);
    const sustained = 600_000 / durationMs;
    console.error(`${scenario.name}: sustains ${rounded(sustained)} a second; ${seconds} s at twice that`);
    const shots = await overload(driver, 2 * sustained, seconds);
    const normalMs = 1.5 * percentile(before, 0.95);
    const normalAfter = await untilNormal(driver, normalMs);
    const items = await Promise.all(shots.flatMap(({ item }) => item ?? []));
    const refused = shots.filter(({ item }) => item === null);
    const { counts } = (await driver.get('/api/v1/health')) as { counts: Record<string, number> };
    const verdicts = items.map(({ verdictMs }) => verdictMs);
    console.log(
      JSON.stringify(
        {
          ...{ scenario: scenario.name, deadline_ms: deadline, sustained_per_second: rounded(sustained) },
          triggers: shots.length,
          accepted: items.length,
          refused: Object.fromEntries(
            [...Map.groupBy(refused, ({ status }) => status)].map(([s, all]) => [s, all.length]),
          ),
          accepted_per_second: rounded(items.length / seconds),
          verdict_ms: latenciesOf(verdicts),
          verdict_within_deadline: rounded(verdicts.filter((ms) => ms <= deadline).length / verdicts.length),
          done_ms: latenciesOf(items.map(({ doneMs }) => doneMs)),
          late: counts.late,
          refusal_answer_ms: latenciesOf(refused.map(({ answerMs }) => answerMs)),
          latency_before_ms: latenciesOf(before),
          normal_again_after_ms: normalAfter,
        },
        null,
        2,
      ),
    );
  } finally {
    driver.close();
    await station.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

await main();

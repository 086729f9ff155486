/** Measures how long a page of `GET /items` takes to read from a small and a large journal, and prints JSON. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteJournal } from '../src/adapters/journal/sqlite-journal.ts';
import type { Item } from '../src/domain/item.ts';
import type { ItemQuery, Journal } from '../src/ports/journal.ts';
import { latenciesOf, rounded } from './figures.ts';

const HELP = `npm run --silent bench:list -- [--items N]

Fills a journal with 1,000 items and one with N (default 1,000,000), and reads pages of 100 from both.
"ratio" is the large journal's median by the small one's.`;

const SMALL = 1_000;
const BATCH = 5_000;
const READS = 200;
const FIRST_MS = Date.UTC(2026, 0, 1);

const PAGES: Readonly<Record<string, ItemQuery>> = {
  first: { limit: 100 },
  ko: { limit: 100, decision: 'KO' },
  ko_of_a_config: { limit: 100, decision: 'KO', stationConfig: 'line' },
  from_to: { limit: 100, from: FIRST_MS + 100_000, to: FIRST_MS + 900_000 },
};

function itemOf(index: number): Item {
  const box = { label: 'tablet', location: [0.1, 0.1, 0.9, 0.9], score: 0.98, metadata: null };
  return {
    id: `item-${index}`,
    serial_number: `SN-${index}`,
    category: null,
    idempotency_key: null,
    station_config: 'line',
    cameras: { top: { brightness: null, exposition: 100, position: 'top', source: 'top' } },
    received_time: '2026-01-01 00:00:00',
    received_at: new Date(FIRST_MS + index * 1_000).toISOString(),
    inferences: { top: { detector: { object_1: box, object_2: box } } },
    camera_decisions: { top: { decision: 'OK', reason: 'seen 2 × tablet' } },
    decision: index % 10 === 0 ? 'KO' : 'OK',
    state: 'Done',
    error: null,
    late: false,
    near_threshold: false,
    stored_bytes: 40_000,
    warnings: [],
    binaries: ['top.jpg'],
    timings_ms: { total: 12.5 },
    config_digest: null,
    models: {},
  };
}

async function filled(file: string, count: number): Promise<Journal> {
  const { journal } = await openSqliteJournal({ file, capacity: null });
  for (let index = 0; index < count; index += BATCH) {
    const length = Math.min(BATCH, count - index);
    await journal.record(Array.from({ length }, (_, offset) => itemOf(index + offset)));
  }
  return journal;
}

async function timeOf(journal: Journal, query: ItemQuery): Promise<number> {
  const begin = performance.now();
  await journal.list(query);
  return performance.now() - begin;
}

/** Reads the same page from both in turn, so that what else the machine does falls on both alike. */
async function compared(few: Journal, many: Journal, query: ItemQuery): Promise<object> {
  const times = { few: [] as number[], many: [] as number[] };
  for (let read = 0; read < READS; read += 1) {
    times.few.push(await timeOf(few, query));
    times.many.push(await timeOf(many, query));
  }
  const [short, long] = [latenciesOf(times.few), latenciesOf(times.many)];
  return { few: short, many: long, ratio: rounded(long.p50 / short.p50) };
}

const { values: options } = parseArgs({
  options: { items: { type: 'string', default: '1000000' }, help: { type: 'boolean', default: false } },
});

if (options.help) {
  console.log(HELP);
} else {
  const large = Number(options.items);
  if (!Number.isInteger(large) || large < 1)
    throw new Error(`--items ${options.items}: expected a whole number from 1`);
  mkdirSync('reports', { recursive: true });
  const folder = mkdtempSync('reports/bench-list-');
  try {
    const few = await filled(join(folder, 'few.db'), SMALL);
    console.error(`filling a journal with ${large} items`);
    const many = await filled(join(folder, 'many.db'), large);
    const page_ms: Record<string, object> = {};
    for (const [name, query] of Object.entries(PAGES)) page_ms[name] = await compared(few, many, query);
    await Promise.all([few.close(), many.close()]);
    console.log(JSON.stringify({ items: [SMALL, large], page_ms }, null, 2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures how long a page of `GET /items` takes to read from a small and a large journal, and prints JSON. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteJournal } from '../src/adapters/journal/sqlite-journal.ts';
import type { Item } from '../src/domain/item.ts';
import type { ItemQuery } from '../src/ports/journal.ts';
import { latenciesOf } from './figures.ts';

const HELP = `npm run --silent bench:list -- [--items N]

Fills a journal with 1,000 items and one with N (default 1,000,000), and reads pages of 100 from both.
"ratio" is the large journal's median by the small one's.`;

const SMALL = 1_000;
const BATCH = 5_000;
const READS = 100;
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

async function measured(file: string, count: number): Promise<Record<string, ReturnType<typeof latenciesOf>>> {
  const { journal } = await openSqliteJournal({ file, capacity: null });
  for (let index = 0; index < count; index += BATCH) {
    const length = Math.min(BATCH, count - index);
    await journal.record(Array.from({ length }, (_, offset) => itemOf(index + offset)));
  }
  const figures: Record<string, ReturnType<typeof latenciesOf>> = {};
  for (const [name, query] of Object.entries(PAGES)) {
    const latencies: number[] = [];
    for (let read = 0; read < READS; read += 1) {
      const begin = performance.now();
      await journal.list(query);
      latencies.push(performance.now() - begin);
    }
    figures[name] = latenciesOf(latencies);
  }
  await journal.close();
  return figures;
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
    const few = await measured(join(folder, 'few.db'), SMALL);
    console.error(`filling a journal with ${large} items`);
    const many = await measured(join(folder, 'many.db'), large);
    const ratio = Object.fromEntries(
      Object.keys(PAGES).map((name) => [name, (many[name]?.p50 ?? 0) / (few[name]?.p50 ?? 1)]),
    );
    console.log(JSON.stringify({ items: [SMALL, large], page_ms: { few, many }, ratio }, null, 2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

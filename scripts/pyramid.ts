/** Counts the tests of each kind and draws the pyramid; `--badges DIR` also writes an SVG badge of each. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { badgeSvg } from './badge.ts';

/** From the top of the pyramid to its base. */
const KINDS = ['functional', 'integration', 'unit'] as const;
const WIDTH = 60;

/** How many tests a kind has; none of them is run. */
function countTests(kind: string): number {
  const { status, stdout, stderr } = spawnSync(
    'vitest',
    ['list', '--project', kind, '--json', '--no-static-parse', '--passWithNoTests'],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  if (status !== 0) throw new Error(`the ${kind} tests cannot be listed: ${stderr}`);
  return z.array(z.unknown()).parse(JSON.parse(stdout.slice(stdout.indexOf('[')))).length;
}

const { values } = parseArgs({ options: { badges: { type: 'string' } } });
const counts = KINDS.map((kind) => ({ kind, count: countTests(kind) }));
const total = counts.reduce((sum, { count }) => sum + count, 0);

for (const { kind, count } of counts) {
  const bar = '█'.repeat(Math.max(1, Math.round((count / Math.max(1, total)) * WIDTH)));
  const share = total === 0 ? 0 : Math.round((count / total) * 100);
  console.log(
    `${kind.padEnd(12)} ${String(count).padStart(5)} ${String(share).padStart(3)} %  ` +
      `${' '.repeat(Math.floor((WIDTH - bar.length) / 2))}${bar}`,
  );
}
console.log(`${'all'.padEnd(12)} ${String(total).padStart(5)}`);

if (values.badges !== undefined) {
  mkdirSync(values.badges, { recursive: true });
  for (const { kind, count } of counts) {
    writeFileSync(join(values.badges, `${kind}-tests.svg`), badgeSvg(`${kind} tests`, String(count)));
  }
  console.log(`badges written to ${values.badges}`);
}

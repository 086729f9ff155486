/**
 * Everything CI runs: lint, types, unused code, then the three kinds of tests; or only the steps that are named. All of
 * it runs even when something fails. The last line of the output, `N passed, N failed`, is also written to
 * reports/summary.txt.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adapterLines, adapterTests } from './adapter-table.ts';
import { closingLine, notRun, skippedWithoutReason, type Tally, TestReport, tallyOf } from './test-results.ts';

const CHECKS = ['lint', 'types', 'unused'] as const;
const SUITES = ['unit', 'integration', 'functional'] as const;
const REPORTS = 'reports';
const ROOT = join(import.meta.dirname, '..');
const inCi = (process.env.CI ?? '') !== '';

/** Tests of hardware are not registered where it is absent. */
const HARDWARE = [{ name: 'a USB camera', device: '/dev/video0' }] as const;

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

/** The tally of a suite; a run that ends badly without a failed test (an unhandled rejection, a crash) counts as one. */
function runSuite(suite: string): Tally {
  const file = `${REPORTS}/${suite}.json`;
  const options = ['--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ended = succeeds('vitest', ['run', '--project', suite, ...options]);
  try {
    const report = TestReport.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (suite === 'integration') adapters.push(...adapterLines(adapterTests(report, ROOT)));
    const tally = tallyOf(report);
    return ended ? tally : { ...tally, failed: Math.max(tally.failed, 1) };
  } catch (error) {
    console.error(`The ${suite} tests left no readable report: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: [] };
  }
}

const wanted = process.argv.slice(2);
const isWanted = (step: string): boolean => wanted.length === 0 || wanted.includes(step);

rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

let passed = 0;
let failed = 0;
const skipped: string[] = [];
const adapters: string[] = [];
const summary: string[] = [];

for (const check of CHECKS.filter(isWanted)) {
  console.log(`\n== ${check}`);
  const good = succeeds('npm', ['run', '--silent', check]);
  if (!good) failed += 1;
  summary.push(`${check.padEnd(12)} ${good ? 'passed' : 'FAILED'}`);
}

for (const suite of SUITES.filter(isWanted)) {
  console.log(`\n== ${suite} tests`);
  const tally = runSuite(suite);
  passed += tally.passed;
  failed += tally.failed;
  skipped.push(...tally.skipped);
  summary.push(`${suite.padEnd(12)} ${closingLine(tally.passed, tally.failed, tally.skipped.length)}`);
}

const unexcused = skippedWithoutReason(skipped, inCi);
for (const name of unexcused) console.log(`SKIPPED, though it has to run here: ${name}`);
failed += unexcused.length;

for (const line of adapters) console.log(line);
for (const line of notRun(skipped)) console.log(line);
for (const { name, device } of HARDWARE) {
  if (!existsSync(device)) console.log(`not run: the tests of ${name} (${device} is absent)`);
}

const line = closingLine(passed, failed, skipped.length - unexcused.length);
writeFileSync(`${REPORTS}/summary.txt`, `${line}\n`);
console.log(`\n${summary.join('\n')}\n\n${line}`);
process.exitCode = failed === 0 ? 0 : 1;

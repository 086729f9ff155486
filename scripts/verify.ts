/**
 * Everything CI runs: lint, types, unused code, then the three kinds of tests. All of it runs even when something
 * fails. The last line of the output, `N passed, N failed`, is also written to reports/summary.txt.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { closingLine, skippedWithoutReason, TestReport, tallyOf } from './test-results.ts';

const CHECKS = ['lint', 'types', 'unused'] as const;
const SUITES = ['unit', 'integration', 'functional'] as const;
const REPORTS = 'reports';

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

/** The tally of a suite; a run that ends badly without a failed test (an unhandled rejection, a crash) counts as one. */
function runSuite(suite: string): ReturnType<typeof tallyOf> {
  const file = `${REPORTS}/${suite}.json`;
  const options = ['--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ended = succeeds('vitest', ['run', '--project', suite, ...options]);
  try {
    const tally = tallyOf(TestReport.parse(JSON.parse(readFileSync(file, 'utf8'))));
    return ended ? tally : { ...tally, failed: Math.max(tally.failed, 1) };
  } catch (error) {
    console.error(`The ${suite} tests left no readable report: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: [] };
  }
}

rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

let passed = 0;
let failed = 0;
const skipped: string[] = [];
const summary: string[] = [];

for (const check of CHECKS) {
  console.log(`\n== ${check}`);
  const good = succeeds('npm', ['run', '--silent', check]);
  if (!good) failed += 1;
  summary.push(`${check.padEnd(12)} ${good ? 'passed' : 'FAILED'}`);
}

for (const suite of SUITES) {
  console.log(`\n== ${suite} tests`);
  const tally = runSuite(suite);
  passed += tally.passed;
  failed += tally.failed;
  skipped.push(...tally.skipped);
  summary.push(`${suite.padEnd(12)} ${closingLine(tally.passed, tally.failed, tally.skipped.length)}`);
}

const unexcused = skippedWithoutReason(skipped, process.env);
for (const name of skipped) {
  console.log(`${unexcused.includes(name) ? 'SKIPPED, though it could run here' : 'not run'}: ${name}`);
}
failed += unexcused.length;

const line = closingLine(passed, failed, skipped.length - unexcused.length);
writeFileSync(`${REPORTS}/summary.txt`, `${line}\n`);
console.log(`\n${summary.join('\n')}\n\n${line}`);
process.exitCode = failed === 0 ? 0 : 1;

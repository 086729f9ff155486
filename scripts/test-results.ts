import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { z } from 'zod';

/** What is read of the JSON that vitest's reporter writes. */
export const TestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});
export type TestReport = z.output<typeof TestReport>;

export interface Tally {
  readonly passed: number;
  /** Failed tests, and files that failed without one: those that could not be loaded. */
  readonly failed: number;
  /** Full names of the tests that did not run, in files that did not fail: a failed hook skips the tests behind it. */
  readonly skipped: readonly string[];
}

/** Counts the tests of one report. */
export function tallyOf(report: TestReport): Tally {
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const file of report.testResults) {
    const failedTests = file.assertionResults.filter((test) => test.status === 'failed').length;
    failed += file.status === 'failed' ? Math.max(failedTests, 1) : failedTests;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (file.status !== 'failed') skipped.push(test.fullName);
    }
  }
  return { passed, failed, skipped };
}

/** What a test says it cannot run without: the names behind `needs` in brackets, as in `samples (needs SAMPLES_DIR)`. */
export function needsOf(testName: string): readonly string[] {
  return [...testName.matchAll(/\(needs ([^)]+)\)/g)].flatMap(([, names = '']) => names.split(/,\s*/));
}

/**
 * Whether this machine has what a test needs: `UPPER_CASE` is a variable of the environment, `/…` a file or device,
 * anything else a program in PATH.
 */
export function isPresent(need: string, env: Readonly<Record<string, string | undefined>>): boolean {
  if (/^[A-Z][A-Z0-9_]*$/.test(need)) return (env[need] ?? '') !== '';
  if (need.startsWith('/')) return existsSync(need);
  return (env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, need)));
}

/** The skipped tests that no missing need excuses: they could have run here. */
export function skippedWithoutReason(
  skipped: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return skipped.filter((name) => needsOf(name).every((need) => isPresent(need, env)));
}

/** The closing line of a run. */
export function closingLine(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

import { z } from 'zod';
import { NEEDS } from '../src/testing/needs.test-support.ts';

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

/** What a test says it cannot run without: the names behind `needs` in brackets, as in `a stream (needs ffmpeg)`. */
export function needsOf(testName: string): readonly string[] {
  return [...testName.matchAll(/\(needs ([^)]+)\)/g)].flatMap(([, names = '']) => names.split(/,\s*/));
}

/** The skipped tests that nothing excuses: that name no need, or, in CI, one that CI has to install. */
export function skippedWithoutReason(skipped: readonly string[], inCi: boolean): readonly string[] {
  const isExcuse = (need: string): boolean => NEEDS[need] !== undefined && (!inCi || NEEDS[need].ciMayLackIt === true);
  return skipped.filter((name) => !needsOf(name).some(isExcuse));
}

/** A line for each thing that tests were skipped for: how many, and what to do so that they run. */
export function notRun(skipped: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of skipped) {
    for (const need of needsOf(name)) counts.set(need, (counts.get(need) ?? 0) + 1);
  }
  return [...counts].map(([need, count]) => {
    const remedy = NEEDS[need]?.remedy ?? 'nobody says how to come by it';
    return `not run: ${count} ${count === 1 ? 'test that needs' : 'tests that need'} ${need} (${remedy})`;
  });
}

/** The closing line of a run. */
export function closingLine(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

import { describe, expect, it } from 'vitest';
import { closingLine, needsOf, notRun, skippedWithoutReason, type TestReport, tallyOf } from './test-results.ts';

function reportOf(status: string, ...tests: readonly [fullName: string, status: string][]): TestReport {
  const assertionResults = tests.map(([fullName, testStatus]) => ({ fullName, status: testStatus }));
  return { testResults: [{ name: 'a.test.ts', status, assertionResults }] };
}

describe('the tally of a test run', () => {
  it('counts passed, failed and skipped tests', () => {
    const report = reportOf('passed', ['a', 'passed'], ['b', 'skipped'], ['c', 'todo']);
    expect(tallyOf(report)).toEqual({ passed: 1, failed: 0, skipped: ['b', 'c'] });
  });

  it('does not blame the tests that a failure in their file has skipped', () => {
    const report = reportOf('failed', ['a', 'passed'], ['b', 'failed'], ['c', 'failed'], ['d', 'skipped']);
    expect(tallyOf(report)).toEqual({ passed: 1, failed: 2, skipped: [] });
  });

  it('counts a file that could not be loaded as one failure', () => {
    expect(tallyOf(reportOf('failed'))).toEqual({ passed: 0, failed: 1, skipped: [] });
  });

  it.each([
    [3, 0, 0, '3 passed, 0 failed'],
    [3, 1, 2, '3 passed, 1 failed, 2 skipped'],
  ])('ends with one line: %d, %d, %d', (passed, failed, skipped, line) => {
    expect(closingLine(passed, failed, skipped)).toBe(line);
  });
});

describe('a skipped test', () => {
  it.each([
    ['samples (needs SAMPLES_DIR) give their labels', ['SAMPLES_DIR']],
    ['a stream (needs ffmpeg, permission to trace) is read', ['ffmpeg', 'permission to trace']],
    ['a plain test', []],
  ])('names what it needs: %s', (name, needs) => {
    expect(needsOf(name)).toEqual(needs);
  });

  const skipped = ['forgotten', 'a (needs SAMPLES_DIR) b', 'a (needs ffmpeg) b', 'a (needs luck) b'];

  it('is excused by something that a machine may lack', () => {
    expect(skippedWithoutReason(skipped, false)).toEqual(['forgotten', 'a (needs luck) b']);
  });

  it('is not excused in CI by what CI installs', () => {
    expect(skippedWithoutReason(skipped, true)).toEqual(['forgotten', 'a (needs ffmpeg) b', 'a (needs luck) b']);
  });

  it('is counted by what it needs, with the line that installs it', () => {
    expect(notRun(['a (needs ffmpeg) b', 'a (needs ffmpeg) c', 'd (needs SAMPLES_DIR)'])).toEqual([
      'not run: 2 tests that need ffmpeg (make test_needs)',
      'not run: 1 test that needs SAMPLES_DIR (set SAMPLES_DIR to the folder of the sample pictures)',
    ]);
  });
});

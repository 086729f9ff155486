import { describe, expect, it } from 'vitest';
import { closingLine, isPresent, needsOf, skippedWithoutReason, type TestReport, tallyOf } from './test-results.ts';

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
    ['a stream (needs ffmpeg, /dev/video0) is read', ['ffmpeg', '/dev/video0']],
    ['a plain test', []],
  ])('names what it needs: %s', (name, needs) => {
    expect(needsOf(name)).toEqual(needs);
  });

  it.each([
    ['SAMPLES_DIR', { SAMPLES_DIR: '/somewhere' }, true],
    ['SAMPLES_DIR', { SAMPLES_DIR: '' }, false],
    ['/dev/null', {}, true],
    ['/dev/no-such-device', {}, false],
    ['sh', { PATH: '/usr/bin:/bin' }, true],
    ['no-such-program', { PATH: '/usr/bin:/bin' }, false],
  ])('finds out whether %s is here', (need, env, present) => {
    expect(isPresent(need, env)).toBe(present);
  });

  it('is excused only by something that is missing here', () => {
    const skipped = ['forgotten', 'samples (needs SAMPLES_DIR) a', 'samples (needs OTHER_DIR) b'];
    expect(skippedWithoutReason(skipped, { SAMPLES_DIR: '/somewhere' })).toEqual([
      'forgotten',
      'samples (needs SAMPLES_DIR) a',
    ]);
  });
});

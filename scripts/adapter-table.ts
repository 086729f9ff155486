import { relative, sep } from 'node:path';
import type { TestReport } from './test-results.ts';

/** The tests of one adapter. */
export interface AdapterTests {
  /** What kind it is: the name of its folder. */
  readonly kind: string;
  readonly adapter: string;
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
}

const PORTS = /_(binary_storage|metadata_storage|model_forward|telemetry_sink|inventory|station_configs|error)$/;

/** What the tests of a file are about: `cameras` and `usb_camera`, `binary storages` and `s3_bucket`. */
function subjectOf(file: string): { readonly kind: string; readonly adapter: string } {
  const folders = file.replace(/^src\/(adapters\/)?/, '').split('/');
  const name = folders.at(-1)?.replace(/(\.integration)?\.test\.ts$/, '') ?? '';
  const [kind = '', inner] = folders;
  // what stands in a folder of its own belongs to the adapter of that name
  const adapter = folders.length > 2 ? (inner ?? '') : name;
  return { kind: kind.replaceAll('-', ' '), adapter: adapter.replaceAll('-', '_').replace(PORTS, '') };
}

/** Sums up the tests of each adapter, by kind and name. A file that could not be loaded counts as a failed test. */
export function adapterTests(report: TestReport, root: string): readonly AdapterTests[] {
  const rows = new Map<string, AdapterTests>();
  for (const { name, status, assertionResults } of report.testResults) {
    const { kind, adapter } = subjectOf(relative(root, name).split(sep).join('/'));
    const before = rows.get(`${kind}/${adapter}`) ?? { kind, adapter, passed: 0, failed: 0, notRun: 0 };
    const count = (...wanted: readonly string[]): number =>
      assertionResults.filter((test) => wanted.includes(test.status)).length;
    rows.set(`${kind}/${adapter}`, {
      ...before,
      passed: before.passed + count('passed'),
      failed: before.failed + (status === 'failed' ? Math.max(count('failed'), 1) : count('failed')),
      notRun: before.notRun + count('skipped', 'pending', 'todo'),
    });
  }
  return [...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

/** A line for each adapter, in columns. */
export function adapterLines(rows: readonly AdapterTests[]): readonly string[] {
  return rows.map(({ kind, adapter, passed, failed, notRun }) => {
    const rest = [failed === 0 ? '' : `${failed} FAILED`, notRun === 0 ? '' : `${notRun} not run`];
    return [kind.padEnd(20), adapter.padEnd(20), `${passed} passed`.padStart(10), ...rest.filter(Boolean)].join('  ');
  });
}

import { describe, expect, it } from 'vitest';
import { adapterLines, adapterTests } from './adapter-table.ts';
import type { TestReport } from './test-results.ts';

function fileOf(path: string, ...statuses: readonly string[]): TestReport['testResults'][number] {
  const assertionResults = statuses.map((status, index) => ({ fullName: `test ${index}`, status }));
  return { name: `/repo/${path}`, status: statuses.includes('failed') ? 'failed' : 'passed', assertionResults };
}

describe('the list of adapters', () => {
  it.each([
    ['src/adapters/cameras/usb-camera.integration.test.ts', 'cameras', 'usb_camera'],
    ['src/adapters/binary-storages/s3-bucket-binary-storage.integration.test.ts', 'binary storages', 's3_bucket'],
    ['src/adapters/telemetry-sinks/postgresql/connection.integration.test.ts', 'telemetry sinks', 'postgresql'],
    ['src/buckets/gcp-error.integration.test.ts', 'buckets', 'gcp'],
    ['test/grafana.integration.test.ts', 'test', 'grafana'],
  ])('knows whose tests are in %s', (path, kind, adapter) => {
    expect(adapterTests({ testResults: [fileOf(path, 'passed')] }, '/repo')).toMatchObject([{ kind, adapter }]);
  });

  it('sums up the files of an adapter, and says what failed and did not run', () => {
    const testResults = [
      fileOf('src/adapters/telemetry-sinks/postgresql/connection.integration.test.ts', 'passed', 'failed'),
      fileOf('src/adapters/telemetry-sinks/postgresql-telemetry-sink.integration.test.ts', 'passed', 'skipped'),
      fileOf('src/adapters/cameras/pi-camera.integration.test.ts', 'passed'),
    ];
    const rows = adapterTests({ testResults }, '/repo');
    expect(rows.at(-1)).toEqual({ kind: 'telemetry sinks', adapter: 'postgresql', passed: 2, failed: 1, notRun: 1 });
    expect(adapterLines(rows).map((line) => line.replace(/ +/g, ' '))).toEqual([
      'cameras pi_camera 1 passed',
      'telemetry sinks postgresql 2 passed 1 FAILED 1 not run',
    ]);
  });

  it('counts a file that could not be loaded as failed', () => {
    const broken = { ...fileOf('src/adapters/cameras/pi-camera.integration.test.ts'), status: 'failed' };
    expect(adapterTests({ testResults: [broken] }, '/repo')).toMatchObject([{ passed: 0, failed: 1 }]);
  });
});

import { describe, expect, it } from 'vitest';
import { readSettings } from '../settings.ts';
import { parsedEdgeConfig } from './edge-config.ts';
import { KEEP_ALL, retentionPolicy } from './open-retention.ts';

function policyOf(retention: unknown) {
  const { edge, diagnostics } = parsedEdgeConfig(
    { file: 'config/edge.json', text: JSON.stringify(retention === undefined ? {} : { retention }) },
    readSettings({}),
  );
  return edge === null ? diagnostics.map(({ path, message }) => `${path}: ${message}`) : retentionPolicy(edge);
}

describe('the retention of edge.json', () => {
  it('keeps everything unless it says something', () => {
    expect(policyOf(undefined)).toEqual(KEEP_ALL);
  });

  it('takes one number of days for all items, or one for each decision', () => {
    expect(policyOf({ keep_days: 30 })).toMatchObject({
      keepDays: { OK: 30, near_threshold: 30, NO_DECISION: 30, KO: 30 },
    });
    expect(policyOf({ keep_days: { OK: 7, KO: 0.5 } })).toMatchObject({
      keepDays: { OK: 7, near_threshold: null, NO_DECISION: null, KO: 0.5 },
    });
  });

  it('counts in gigabytes', () => {
    expect(policyOf({ max_gb: 2, min_free_gb: 0.5 })).toMatchObject({ maxBytes: 2e9, minFreeBytes: 5e8 });
  });

  it.each([
    [{ keep_days: -1 }, 'retention.keep_days'],
    [{ keep_days: { ok: 1 } }, 'retention.keep_days'],
    [{ max_gb: 0 }, 'retention.max_gb'],
    [{ max_size: 1 }, 'retention.max_size'],
  ])('says where %j is wrong', (retention, path) => {
    expect(policyOf(retention)).toEqual([expect.stringContaining(path)]);
  });
});

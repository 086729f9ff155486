import type { RetentionPolicy } from '../application/retention.ts';
import type { EdgeConfig } from './edge-config.ts';

const BYTES_PER_GB = 1e9;

/** Nothing is removed. */
export const KEEP_ALL: RetentionPolicy = {
  keepDays: { OK: null, near_threshold: null, NO_DECISION: null, KO: null },
  maxBytes: null,
  minFreeBytes: null,
};

/** What `edge.json` says of retention, in the units of the application. */
export function retentionPolicy({ retention }: EdgeConfig): RetentionPolicy {
  const { keep_days: days, max_gb, min_free_gb } = retention;
  const bytesOf = (gb: number | null): number | null => (gb === null ? null : gb * BYTES_PER_GB);
  return {
    keepDays:
      days === null || typeof days === 'number'
        ? { OK: days, near_threshold: days, NO_DECISION: days, KO: days }
        : days,
    maxBytes: bytesOf(max_gb),
    minFreeBytes: bytesOf(min_free_gb),
  };
}

import { type Retention, type RetentionPolicy, startRetention } from '../application/retention.ts';
import type { DiskRoom } from '../disk/disk-room.ts';
import type { Log } from '../ports/context.ts';
import type { EdgeConfig } from './edge-config.ts';
import type { Storages } from './open-storages.ts';

const BYTES_PER_GB = 1e9;

const WRITE_TIMEOUT_MS = 30_000;

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

/** Starts to keep the items of a station within what `edge.json` says of retention. */
export async function openRetention(
  storages: Storages,
  edge: EdgeConfig,
  diskRoom: DiskRoom,
  log: Log,
): Promise<Retention> {
  return await startRetention({
    ...storages,
    // what is in memory has bounds of its own
    policy: storages.isDurable ? retentionPolicy(edge) : KEEP_ALL,
    stored: storages.journal.stored,
    async freeBytes() {
      await diskRoom.refresh();
      return diskRoom.freeBytes();
    },
    isKeptElsewhere: storages.remoteMetadataStorage !== null,
    writeTimeoutMs: WRITE_TIMEOUT_MS,
    now: Date.now,
    log,
  });
}

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { memoryBinaryStorage } from '../adapters/binary-storages/memory-binary-storage.ts';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { memoryMetadataStorage } from '../adapters/metadata-storages/memory-metadata-storage.ts';
import type { Item } from '../domain/item.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import { rootless, silentLog } from '../ports/context.test-support.ts';
import type { Journal } from '../ports/journal.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import { never } from './inspection.test-support.ts';
import { type Retention, type RetentionOptions, type RetentionPolicy, startRetention } from './retention.ts';

const NOW = Date.parse('2026-04-30T12:00:00Z');
const DAY_MS = 24 * 3_600_000;
const KEEP_ALL: RetentionPolicy = {
  keepDays: { OK: null, near_threshold: null, NO_DECISION: null, KO: null },
  maxBytes: null,
  minFreeBytes: null,
};

let journal: Journal;
let binaryStorage: BinaryStorage;
let metadataStorage: MetadataStorage;

beforeEach(async () => {
  ({ journal } = await openSqliteJournal({ file: ':memory:', capacity: null, destinations: ['telemetry_sink'] }));
  binaryStorage = await memoryBinaryStorage.open({ max_mb: 64, max_items: 1_000 }, rootless);
  metadataStorage = await memoryMetadataStorage.open({ max_items: 1_000 }, rootless);
  onTestFinished(journal.close);
});

/** Keeps an item received so many days ago, its telemetry delivered. */
async function keep(id: string, daysAgo: number, change: Partial<Item> = {}, isDelivered = true): Promise<void> {
  const receivedAt = new Date(NOW - daysAgo * DAY_MS).toISOString();
  const item = exampleItem(id, { received_at: receivedAt, stored_bytes: 1_000, ...change });
  for (const name of item.binaries) {
    await binaryStorage.put({ config: 'line', itemId: id, name }, new Uint8Array(1_000), never);
  }
  await metadataStorage.put(item, never);
  await journal.record([item]);
  if (!isDelivered) return;
  const due = await journal.outbox.due('telemetry_sink', 1_000);
  await journal.outbox.settle(due.map(({ place }) => ({ place, state: 'delivered', error: null })));
}

async function retention(policy: Partial<RetentionPolicy>, change: Partial<RetentionOptions> = {}): Promise<Retention> {
  const opened = await startRetention({
    policy: { ...KEEP_ALL, ...policy },
    stored: journal.stored,
    binaryStorage,
    metadataStorage,
    freeBytes: async () => null,
    isKeptElsewhere: false,
    writeTimeoutMs: 60_000,
    now: () => NOW,
    log: silentLog,
    ...change,
  });
  onTestFinished(opened.close);
  await opened.sweep();
  return opened;
}

const kept = async (): Promise<string[]> => (await journal.list({ limit: 1_000 })).items.map(({ id }) => id).toSorted();

describe('retention', () => {
  it('removes nothing unless it is told to', async () => {
    await keep('old', 5_000);
    await retention({});
    expect(await kept()).toEqual(['old']);
  });

  it('removes items that are older than their decision is kept, with their files', async () => {
    await keep('ok', 8);
    await keep('ok-young', 6);
    await keep('near', 8, { near_threshold: true });
    await keep('ko', 8, { decision: 'KO' });
    await keep('ko-old', 91, { decision: 'KO' });
    await keep('upload', 31, { decision: null });
    await retention({ keepDays: { OK: 7, near_threshold: 30, NO_DECISION: 30, KO: 90 } });
    expect(await kept()).toEqual(['ko', 'near', 'ok-young']);
    for (const id of ['ok', 'ko-old', 'upload']) {
      expect(await binaryStorage.list('line', id, never)).toEqual([]);
      expect(await metadataStorage.get({ config: 'line', itemId: id }, never)).toBeUndefined();
    }
    expect(await journal.stored.removed()).toMatchObject({ triggers: 2, uploads: 1, delivered: { telemetry_sink: 2 } });
  });

  it('makes room with the oldest items of the least worth, and only as much as is needed', async () => {
    await keep('ko', 9, { decision: 'KO' });
    await keep('undecided', 8, { decision: 'NO_DECISION' });
    await keep('near', 7, { near_threshold: true });
    for (const days of [6, 5, 4]) await keep(`ok-${days}`, days);
    const all = await journal.stored.bytes();
    const one = all / 6;
    let free = 0;
    const counting: MetadataStorage = {
      ...metadataStorage,
      async delete(key, signal) {
        free += one;
        await metadataStorage.delete(key, signal);
      },
    };
    await retention({ minFreeBytes: 1 }, { freeBytes: async () => free, metadataStorage: counting });
    expect(await kept()).toEqual(['ko', 'near', 'undecided']);
    free = 0;
    await retention({ minFreeBytes: 1 }, { freeBytes: async () => free, metadataStorage: counting });
    expect(await kept()).toEqual(['ko', 'undecided']);
    await retention({ maxBytes: 1.5 * one });
    expect(await kept()).toEqual(['ko']);
    await retention({ maxBytes: 1 });
    expect(await kept()).toEqual([]);
  });

  it('never removes what is not delivered, or not done', async () => {
    await keep('undelivered', 100, {}, false);
    await keep('unfinished', 100, { state: 'Inference' }, false);
    await keep('set-aside', 100, {}, false);
    const [, setAside] = await journal.outbox.due('telemetry_sink', 2);
    await journal.outbox.settle([{ place: setAside?.place ?? 0, state: 'set_aside', error: 'no' }]);
    await retention({ maxBytes: 1, keepDays: { OK: 1, near_threshold: 1, NO_DECISION: 1, KO: 1 } });
    expect(await kept()).toEqual(['set-aside', 'undelivered', 'unfinished']);
  });

  it('remembers where to look for what a remote storage keeps', async () => {
    await keep('old', 100);
    await retention({ maxBytes: 1 }, { isKeptElsewhere: true });
    expect(await journal.stored.configOfRemoved('old')).toBe('line');
    expect(await journal.stored.configOfRemoved('unknown')).toBeUndefined();
  });

  it('tells in how many hours the disk is full at the rate of the last hour', async () => {
    let now = NOW;
    const opened = await retention({}, { now: () => now });
    expect(opened.forecast(1_000).hoursUntilFull).toBeNull();
    for (let minute = 0; minute < 90; minute += 1) {
      opened.added(1_000);
      now += 60_000;
    }
    const { bytesPerHour, usedBytes, hoursUntilFull } = opened.forecast(600_000);
    expect(bytesPerHour).toBeGreaterThan(57_000);
    expect(bytesPerHour).toBeLessThan(61_000);
    expect(usedBytes).toBe(90_000);
    expect(hoursUntilFull).toBeCloseTo(10, 0);
    expect(opened.forecast(null).hoursUntilFull).toBeNull();
  });
});

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { memoryMetadataStorage } from '../adapters/metadata-storages/memory-metadata-storage.ts';
import type { Item } from '../domain/item.ts';
import { rootless, silentLog } from '../ports/context.test-support.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import { createEventLog } from './event-log.ts';
import { newTestItem, testStation } from './inspection.test-support.ts';
import { createItemRecords } from './item-records.ts';
import { createResumption } from './resumption.ts';

/** A resumption over a journal in memory, whose inspections end when `go` is called. */
async function opened(stationOf?: (item: Item) => Promise<never>) {
  const { journal } = await openSqliteJournal({ file: ':memory:', capacity: null });
  const metadataStorage = await memoryMetadataStorage.open({ max_items: 100 }, rootless);
  const events = createEventLog('run');
  const records = createItemRecords({ journal, metadataStorage, events, log: silentLog, writeTimeoutMs: 60_000 });
  onTestFinished(async () => {
    await records.close();
    await journal.close();
  });
  const begun: Item[] = [];
  const gates: (() => void)[] = [];
  const resumption = createResumption({
    inspections: {
      async resume(_held, item) {
        begun.push(item);
        await new Promise<void>((resolve) => gates.push(resolve));
        return await records.finish({ ...item, decision: 'OK' });
      },
    },
    records,
    recoveries: journal.recoveries,
    stationOf: stationOf ?? (async () => ({ station: testStation([]), release() {} })),
    log: silentLog,
  });
  return { journal, records, resumption, begun, go: () => gates.shift()?.() };
}

describe('items that are taken up again', () => {
  it('are finished one after the other, each on record as running while it is', async () => {
    const { journal, resumption, begun, go } = await opened();
    const items = ['first', 'second'].map((id) => newTestItem(id));
    await journal.record(items);
    resumption.add(items);
    await vi.waitFor(() => expect(begun.map(({ id }) => id)).toEqual(['first']));
    expect(resumption.waiting()).toBe(2);
    expect(begun[0]?.warnings).toEqual([expect.stringContaining('the station stopped while it was inspected')]);
    expect(await journal.recoveries.all()).toMatchObject([{ itemId: 'first', state: 'running', attempts: 0 }]);
    go();
    await vi.waitFor(() => expect(begun.map(({ id }) => id)).toEqual(['first', 'second']));
    await vi.waitFor(async () => expect(await journal.recoveries.all()).toMatchObject([{ itemId: 'second' }]));
    go();
    await vi.waitFor(() => expect(resumption.waiting()).toBe(0));
    await vi.waitFor(async () => expect(await journal.recoveries.all()).toEqual([]));
    expect(await journal.unfinished()).toEqual([]);
  });

  it('of a config that cannot be opened any more are closed undecided, and say so', async () => {
    const { journal, records, resumption } = await opened(() => Promise.reject(new Error('its model is gone')));
    await journal.record([newTestItem('item')]);
    resumption.add([newTestItem('item')]);
    await vi.waitFor(() => expect(resumption.waiting()).toBe(0));
    expect(await records.find('item')).toMatchObject({
      ...{ state: 'Done', decision: 'NO_DECISION' },
      error: 'the item could not be finished: its station config "line" cannot be opened as it was: its model is gone',
    });
  });

  it('keep what is known of earlier attempts, and are told from those that somebody wanted again', async () => {
    const { journal, resumption, begun, go } = await opened();
    const item = exampleItem('set-aside', { decision: 'NO_DECISION', warnings: ['of the first time'] });
    await journal.record([item]);
    const recovery = { itemId: item.id, state: 'retry', attempts: 2, sinceMs: 1, reason: 'it ended twice' } as const;
    await journal.recoveries.put(recovery);
    resumption.add([item]);
    await vi.waitFor(() => expect(begun).toHaveLength(1));
    expect(await journal.recoveries.all()).toMatchObject([{ state: 'running', attempts: 2, reason: 'it ended twice' }]);
    expect(begun[0]?.warnings).toEqual([expect.stringContaining('it was set aside')]);
    go();
  });

  it('wait for the next start when the station closes, but for the one that is being finished', async () => {
    const { journal, resumption, begun, go } = await opened();
    const items = ['first', 'second'].map((id) => newTestItem(id));
    await journal.record(items);
    resumption.add(items);
    await vi.waitFor(() => expect(begun).toHaveLength(1));
    const closed = resumption.close();
    go();
    await closed;
    resumption.add([newTestItem('third')]);
    expect(begun.map(({ id }) => id)).toEqual(['first']);
    expect((await journal.unfinished()).map(({ id }) => id)).toEqual(['second']);
  });
});

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { memoryBinaryStorage } from '../adapters/binary-storages/memory-binary-storage.ts';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { memoryMetadataStorage } from '../adapters/metadata-storages/memory-metadata-storage.ts';
import { ITEM_STATES } from '../domain/item.ts';
import { rootless, silentLog } from '../ports/context.test-support.ts';
import type { Journal } from '../ports/journal.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import { createEventLog } from './event-log.ts';
import { never, newTestItem } from './inspection.test-support.ts';
import { createItemRecords } from './item-records.ts';
import { closeLeftovers, fillJournal } from './recovery.ts';

let journal: Journal;
let metadataStorage: MetadataStorage;

beforeEach(async () => {
  ({ journal } = await openSqliteJournal({ file: ':memory:', capacity: null }));
  metadataStorage = await memoryMetadataStorage.open({ max_items: 2_000 }, rootless);
  onTestFinished(journal.close);
});

describe('a restart after a crash', () => {
  it('ends every item that was left unfinished, none of them OK, and leaves the others alone', async () => {
    const unfinished = ITEM_STATES.filter((state) => state !== 'Done');
    await journal.record([...unfinished.map((state) => newTestItem(state, { state })), exampleItem('finished')]);
    const records = createItemRecords({
      journal,
      metadataStorage,
      events: createEventLog('run'),
      log: silentLog,
      writeTimeoutMs: 60_000,
    });
    const binaryStorage = await memoryBinaryStorage.open({ max_mb: 1, max_items: 10 }, rootless);
    const [camera = ''] = Object.keys(newTestItem('Inference').cameras);
    const key = { config: newTestItem('Inference').station_config, itemId: 'Inference', name: `${camera}.png` };
    await binaryStorage.put(key, new Uint8Array(4), never);
    await closeLeftovers({ journal, binaryStorage, metadataStorage }, records, silentLog, never);
    expect((await journal.find('Inference'))?.binaries).toEqual([key.name]);
    expect((await journal.find('Capture'))?.binaries).toEqual([]);
    for (const state of unfinished) {
      const closed = { id: state, state: 'Done', decision: 'NO_DECISION' };
      expect(await journal.find(state)).toMatchObject(closed);
      expect((await journal.find(state))?.error).toContain(`in step "${state}"`);
      expect(await metadataStorage.get({ config: 'line', itemId: state }, never)).toMatchObject(closed);
    }
    expect(await journal.find('finished')).toEqual(exampleItem('finished'));
    expect(await journal.unfinished()).toEqual([]);
  });
});

describe('an item whose result was saved when the process stopped', () => {
  it('keeps its decision, although the journal does not know it yet', async () => {
    const binaryStorage = await memoryBinaryStorage.open({ max_mb: 1, max_items: 10 }, rootless);
    const events = createEventLog('run');
    const records = createItemRecords({ journal, metadataStorage, events, log: silentLog, writeTimeoutMs: 60_000 });
    await journal.record([exampleItem('item', { state: 'Capture', decision: null })]);
    await metadataStorage.put(exampleItem('item', { decision: 'OK' }), never);
    await closeLeftovers({ journal, binaryStorage, metadataStorage }, records, silentLog, never);
    expect(await journal.find('item')).toMatchObject({ state: 'Done', decision: 'OK', error: null });
    expect(await journal.unfinished()).toEqual([]);
  });
});

describe('a journal that begins empty', () => {
  it('is filled with every item of the metadata storage', async () => {
    for (let index = 0; index < 1_203; index += 1) await metadataStorage.put(exampleItem(`item-${index}`), never);
    await fillJournal({ journal, metadataStorage }, silentLog, never);
    for (const id of ['item-0', 'item-500', 'item-1202']) expect(await journal.find(id)).toEqual(exampleItem(id));
    const { items, next } = await journal.list({ limit: 1_000 });
    expect(items).toHaveLength(1_000);
    expect((await journal.list({ limit: 1_000, cursor: next ?? '' })).items).toHaveLength(203);
  });

  it('stays empty over an empty storage', async () => {
    await fillJournal({ journal, metadataStorage }, silentLog, never);
    expect((await journal.list({ limit: 1 })).items).toEqual([]);
  });

  it('lacks only the records that cannot be read', async () => {
    for (const id of ['first', 'damaged', 'last']) await metadataStorage.put(exampleItem(id), never);
    const partly: MetadataStorage = {
      ...metadataStorage,
      get: async (key, signal) => {
        if (key.itemId === 'damaged') throw new Error('it is no item');
        return metadataStorage.get(key, signal);
      },
    };
    await fillJournal({ journal, metadataStorage: partly }, silentLog, never);
    const { items } = await journal.list({ limit: 10 });
    expect(items.map(({ id }) => id).sort()).toEqual(['first', 'last']);
  });
});

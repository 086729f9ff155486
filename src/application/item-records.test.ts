import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { memoryMetadataStorage } from '../adapters/metadata-storages/memory-metadata-storage.ts';
import type { Item, ItemState } from '../domain/item.ts';
import { rootless, silentLog } from '../ports/context.test-support.ts';
import type { Journal } from '../ports/journal.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import { createEventLog } from './event-log.ts';
import { never, newTestItem } from './inspection.test-support.ts';
import { createItemRecords, type ItemRecords } from './item-records.ts';

let journal: Journal;
let metadataStorage: MetadataStorage;
let told: string[];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  ({ journal } = await openSqliteJournal({ file: ':memory:', capacity: null }));
  metadataStorage = await memoryMetadataStorage.open({ max_items: 1_000 }, rootless);
  told = [];
});

afterEach(async () => {
  vi.useRealTimers();
  await journal.close();
});

/** Records over the journal and the storage; `told` is what they publish. */
function openRecords(change: { journal?: Partial<Journal>; metadata?: Partial<MetadataStorage> } = {}): ItemRecords {
  const events = createEventLog('run');
  events.subscribe(({ data }) => {
    if ('item_id' in data) told.push(`${data.item_id} ${data.state} ${data.decision}`);
  });
  const records = createItemRecords({
    journal: { ...journal, ...change.journal },
    metadataStorage: { ...metadataStorage, ...change.metadata },
    events,
    log: silentLog,
    writeTimeoutMs: 60_000,
  });
  onTestFinished(async () => records.close());
  return records;
}

const saved = (id = 'item'): Promise<Item | undefined> => metadataStorage.get({ config: 'line', itemId: id }, never);
const inState = (state: ItemState): Item => newTestItem('item', { state });
const doneItem = (change: Partial<Item> = {}): Item =>
  newTestItem('item', { state: 'Decision', decision: 'OK', ...change });
const refuse = async (): Promise<never> => Promise.reject(new Error('the disk is full'));

/** Resolves when the journal has answered all that it was asked before, and what waited for it has gone on. */
async function settled(): Promise<void> {
  await journal.recall('nothing');
  await new Promise((resolve) => setImmediate(resolve));
}

/** A write that fails until it is told otherwise. */
function faulty<Write extends (...args: never[]) => Promise<void>>(write: Write) {
  const state = { isFaulty: true, attempts: 0 };
  const put = async (...args: Parameters<Write>): Promise<void> => {
    state.attempts += 1;
    if (state.isFaulty) return refuse();
    return write(...args);
  };
  return { state, put };
}

describe('the record of an item', () => {
  it('shows every state as soon as its step begins, and tells the world each once', async () => {
    const records = openRecords();
    await records.begin(newTestItem('item'));
    for (const state of ['Capture', 'Save Binaries', 'Inference', 'Inference', 'Decision'] as const) {
      records.update(inState(state));
      expect(await records.find('item')).toMatchObject({ state });
      expect((await records.list({ limit: 10 })).items).toMatchObject([{ id: 'item', state }]);
    }
    await records.finish(doneItem());
    expect(await records.find('item')).toEqual(doneItem({ state: 'Done' }));
    expect(told).toEqual([
      'item Capture null',
      'item Save Binaries null',
      'item Inference null',
      'item Decision null',
      'item Done OK',
    ]);
  });

  it('is unknown before it has begun', async () => {
    const records = openRecords();
    records.update(newTestItem('item', { state: 'Inference' }));
    expect(await records.find('item')).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('is told to the world once it is on disk, in order', async () => {
    const onDisk = Promise.withResolvers<void>();
    const record = async (items: readonly Item[]): Promise<void> => {
      await onDisk.promise;
      await journal.record(items);
    };
    const records = openRecords({ journal: { record } });
    const begun = records.begin(newTestItem('item'));
    records.update(inState('Save Binaries'));
    records.update(inState('Inference'));
    expect(told).toEqual([]);
    onDisk.resolve();
    await begun;
    expect(told).toEqual(['item Capture null', 'item Save Binaries null', 'item Inference null']);
  });

  it('is taken back when it cannot be written: nothing is told, listed, backed up or found of it', async () => {
    const onDisk = Promise.withResolvers<void>();
    let writes = 0;
    const record = async (items: readonly Item[]): Promise<void> => {
      writes += 1;
      if (writes > 1) return journal.record(items);
      await onDisk.promise;
      return undefined;
    };
    const records = openRecords({ journal: { record } });
    const begun = records.begin(newTestItem('item'));
    records.update(inState('Inference'));
    expect((await records.list({ limit: 10 })).items).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    onDisk.reject(new Error('the disk is full'));
    await expect(begun).rejects.toThrow('the disk is full');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);
    expect(await saved()).toBeUndefined();
    expect(await records.find('item')).toBeUndefined();
    expect(await journal.unfinished()).toEqual([]);
  });
});

describe('the metadata storage', () => {
  it('gets the record of a step that lasts 100 ms', async () => {
    const records = openRecords();
    await records.begin(newTestItem('item'));
    records.update(inState('Save Binaries'));
    await vi.advanceTimersByTimeAsync(60);
    records.update(inState('Inference'));
    await vi.advanceTimersByTimeAsync(39);
    expect(await saved()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(await saved()).toMatchObject({ state: 'Inference' });
  });

  it('gets nothing but the end of a quick inspection', async () => {
    const states: ItemState[] = [];
    const put = async (item: Item): Promise<void> => {
      states.push(item.state);
    };
    const records = openRecords({ metadata: { put } });
    await records.begin(newTestItem('item'));
    records.update(inState('Inference'));
    await records.finish(doneItem());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states).toEqual(['Done']);
  });

  it('never gets an older record after a newer one, however slow it is', async () => {
    const slow = Promise.withResolvers<void>();
    const put = async (item: Item, signal: AbortSignal): Promise<void> => {
      if (item.state !== 'Done') await slow.promise;
      await metadataStorage.put(item, signal);
    };
    const records = openRecords({ metadata: { put } });
    await records.begin(newTestItem('item'));
    records.update(inState('Inference'));
    await vi.advanceTimersByTimeAsync(100);
    const finished = records.finish(doneItem());
    expect(told.at(-1)).toBe('item Inference null');
    slow.resolve();
    await finished;
    expect(await saved()).toMatchObject({ state: 'Done' });
  });

  it('that fails in between touches nothing', async () => {
    const { state, put } = faulty(metadataStorage.put);
    const records = openRecords({ metadata: { put } });
    await records.begin(newTestItem('item'));
    records.update(inState('Inference'));
    await vi.advanceTimersByTimeAsync(100);
    expect(state.attempts).toBe(1);
    state.isFaulty = false;
    expect(await records.finish(doneItem())).toMatchObject({ decision: 'OK', error: null });
  });
});

describe('an item that cannot be saved', () => {
  it.each([
    ['OK', 'NO_DECISION'],
    ['KO', 'KO'],
    ['NO_DECISION', 'NO_DECISION'],
    [null, null],
  ] as const)(
    'is published with %s as %s, with the reason, and is found and listed so',
    async (decision, published) => {
      const { put } = faulty(metadataStorage.put);
      const records = openRecords({ metadata: { put } });
      await records.begin(newTestItem('item'));
      const done = await records.finish(doneItem({ decision, error: 'camera "back": nobody there' }));
      expect(done).toMatchObject({
        state: 'Done',
        decision: published,
        error: 'camera "back": nobody there; the result could not be saved: the disk is full',
      });
      expect(told.at(-1)).toBe(`item Done ${published}`);
      expect(await records.find('item')).toEqual(done);
      expect((await records.list({ limit: 10 })).items).toEqual([done]);
      expect(records.unsavedCount()).toBe(1);
    },
  );

  it('says the same in the journal when its metadata cannot be saved', async () => {
    const records = openRecords({ metadata: { put: refuse } });
    await records.begin(newTestItem('item'));
    expect(await records.finish(doneItem())).toMatchObject({ decision: 'NO_DECISION' });
    expect(await journal.find('item')).toMatchObject({ state: 'Done', decision: 'NO_DECISION' });
  });

  it('keeps its decision when only its place in the journal cannot be written, which is tried again', async () => {
    await openRecords().begin(newTestItem('item'));
    const { state, put } = faulty(journal.note);
    const records = openRecords({ journal: { note: put } });
    expect(await records.finish(doneItem())).toMatchObject({ decision: 'OK', error: null });
    expect(await saved()).toMatchObject({ state: 'Done', decision: 'OK' });
    await settled();
    expect(records.unsavedCount()).toBe(1);
    expect(await records.find('item')).toMatchObject({ state: 'Done', decision: 'OK' });
    state.isFaulty = false;
    await vi.advanceTimersByTimeAsync(1_000);
    await settled();
    expect(records.unsavedCount()).toBe(0);
    expect(await journal.find('item')).toMatchObject({ state: 'Done', decision: 'OK' });
  });

  it('is tried again after a second, then less often, until it is saved', async () => {
    const { state, put } = faulty(metadataStorage.put);
    const records = openRecords({ metadata: { put } });
    await records.begin(newTestItem('item'));
    await records.finish(doneItem());
    const { attempts } = state;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.attempts).toBe(attempts + 1);
    await settled();
    await vi.advanceTimersByTimeAsync(1_999);
    expect(state.attempts).toBe(attempts + 1);
    state.isFaulty = false;
    await vi.advanceTimersByTimeAsync(1);
    await settled();
    expect(records.unsavedCount()).toBe(0);
    expect(await saved()).toMatchObject({ state: 'Done', decision: 'NO_DECISION' });
    expect(await journal.find('item')).toMatchObject({ state: 'Done', decision: 'NO_DECISION' });
    expect(told.filter((line) => line.includes('Done'))).toEqual(['item Done NO_DECISION']);
  });

  it('does not stand in the way of another that could be', async () => {
    const put = async (item: Item, signal: AbortSignal): Promise<void> => {
      if (item.id === 'cursed' || isFull) return refuse();
      return metadataStorage.put(item, signal);
    };
    let isFull = true;
    const records = openRecords({ metadata: { put } });
    for (const id of ['cursed', 'other']) {
      await records.begin(newTestItem(id));
      await records.finish(doneItem({ id }));
    }
    isFull = false;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await vi.advanceTimersByTimeAsync(30_000);
      await settled();
    }
    expect(records.unsavedCount()).toBe(1);
    expect(await saved('other')).toMatchObject({ state: 'Done' });
  });

  it('is tried once more when the records close, and not after', async () => {
    const { state, put } = faulty(metadataStorage.put);
    const records = openRecords({ metadata: { put } });
    await records.begin(newTestItem('item'));
    await records.finish(doneItem());
    const { attempts } = state;
    await records.close();
    expect(state.attempts).toBe(attempts + 1);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(state.attempts).toBe(attempts + 1);
  });
});

describe('the list', () => {
  it('finds items under way by the state they are in', async () => {
    const records = openRecords();
    await records.begin(newTestItem('first'));
    await records.begin(newTestItem('second'));
    records.update(newTestItem('first', { state: 'Inference' }));
    expect((await records.list({ limit: 10, state: 'Inference' })).items).toMatchObject([{ id: 'first' }]);
    expect((await records.list({ limit: 10, state: 'Capture' })).items).toMatchObject([{ id: 'second' }]);
    expect((await records.list({ limit: 10, state: 'Done' })).items).toEqual([]);
  });

  it('never writes an older state over the final record of an item', async () => {
    const slow = Promise.withResolvers<void>();
    const records = openRecords({ metadata: { put: () => slow.promise } });
    await records.begin(newTestItem('item'));
    records.update(inState('Decision'));
    const finished = records.finish(doneItem());
    await settled();
    expect((await records.list({ limit: 10 })).items).toMatchObject([{ state: 'Decision', decision: null }]);
    expect((await records.list({ limit: 10, state: 'Done' })).items).toEqual([]);
    expect((await records.list({ limit: 10, decision: 'OK' })).items).toEqual([]);
    slow.resolve();
    await finished;
    expect(await records.find('item')).toMatchObject({ state: 'Done', decision: 'OK' });
    expect((await records.list({ limit: 10, state: 'Done' })).items).toMatchObject([{ id: 'item' }]);
    expect(await journal.unfinished()).toEqual([]);
  });

  it('has every item that is done when it is read again, however soon the station closed', async () => {
    const records = openRecords();
    await records.begin(newTestItem('item'));
    await records.finish(doneItem());
    await records.close();
    expect(records.unsavedCount()).toBe(0);
    expect(await journal.find('item')).toMatchObject({ state: 'Done', decision: 'OK' });
  });

  it('answers also when the journal cannot be written', async () => {
    const { state, put } = faulty(journal.record);
    state.isFaulty = false;
    const records = openRecords({ journal: { record: put } });
    await records.begin(newTestItem('item'));
    state.isFaulty = true;
    records.update(inState('Inference'));
    expect((await records.list({ limit: 10 })).items).toMatchObject([{ id: 'item', state: 'Inference' }]);
  });

  it('shows items of earlier runs as they were saved', async () => {
    await journal.record([exampleItem('earlier')]);
    const records = openRecords();
    expect((await records.list({ limit: 10 })).items).toEqual([exampleItem('earlier')]);
    expect(await records.find('earlier')).toEqual(exampleItem('earlier'));
  });
});

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { memoryBinaryStorage } from '../adapters/binary-storages/memory-binary-storage.ts';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { memoryMetadataStorage } from '../adapters/metadata-storages/memory-metadata-storage.ts';
import { ITEM_STATES, type Item } from '../domain/item.ts';
import type { BinaryKey } from '../ports/binary-storage.ts';
import { rootless, silentLog } from '../ports/context.test-support.ts';
import type { Journal } from '../ports/journal.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import { createEventLog } from './event-log.ts';
import { never, newTestItem } from './inspection.test-support.ts';
import { createItemRecords } from './item-records.ts';
import { fillJournal, sortLeftovers } from './recovery.ts';

let journal: Journal;
let metadataStorage: MetadataStorage;

beforeEach(async () => {
  ({ journal } = await openSqliteJournal({ file: ':memory:', capacity: null }));
  metadataStorage = await memoryMetadataStorage.open({ max_items: 2_000 }, rootless);
  onTestFinished(journal.close);
});

/** Sorts what the journal has left, over a binary storage with these pictures. */
async function sort(
  pictures: readonly BinaryKey[] = [],
  { recapture = false, wereRunning = [] as readonly string[] } = {},
): Promise<readonly Item[]> {
  const events = createEventLog('run');
  const records = createItemRecords({ journal, metadataStorage, events, log: silentLog, writeTimeoutMs: 60_000 });
  const binaryStorage = await memoryBinaryStorage.open({ max_mb: 1, max_items: 10 }, rootless);
  for (const key of pictures) await binaryStorage.put(key, new Uint8Array(4), never);
  return await sortLeftovers({ journal, binaryStorage, metadataStorage }, records, {
    ...{ recapture, wereRunning: new Set(wereRunning), log: silentLog, signal: never },
  });
}

const pictureFor = (itemId: string, name = 'front.png'): BinaryKey => ({ config: 'line', itemId, name });

describe('an item that a crash left behind', () => {
  it.each(ITEM_STATES.filter((state) => state !== 'Done'))(
    'in step %s is to be finished when its picture is stored, and closed undecided when none is',
    async (state) => {
      await journal.record([
        newTestItem('taken', { state }),
        newTestItem('missed', { state }),
        exampleItem('finished'),
      ]);
      const toFinish = await sort([pictureFor('taken')]);
      expect(toFinish).toEqual([newTestItem('taken', { state, binaries: ['front.png'], stored_bytes: 4 })]);
      const closed = { id: 'missed', state: 'Done', decision: 'NO_DECISION', binaries: [] };
      expect(await journal.find('missed')).toMatchObject(closed);
      expect((await journal.find('missed'))?.error).toContain(`stopped in step "${state}"`);
      expect(await metadataStorage.get({ config: 'line', itemId: 'missed' }, never)).toMatchObject(closed);
      expect(await journal.find('finished')).toEqual(exampleItem('finished'));
      expect((await journal.unfinished()).map(({ id }) => id)).toEqual(['taken']);
    },
  );

  it('keeps the decision that was saved, although the journal does not know it yet', async () => {
    await journal.record([exampleItem('item', { state: 'Capture', decision: null })]);
    await metadataStorage.put(exampleItem('item', { decision: 'OK' }), never);
    expect(await sort([pictureFor('item')])).toEqual([]);
    expect(await journal.find('item')).toMatchObject({ state: 'Done', decision: 'OK', error: null });
    expect(await journal.unfinished()).toEqual([]);
  });

  it('was uploaded and is kept, as nobody was to decide it', async () => {
    await journal.record([newTestItem('upload')]);
    expect(await sort([pictureFor('upload', '0.png')])).toEqual([]);
    expect(await journal.find('upload')).toMatchObject({
      ...{ state: 'Done', decision: null, error: null, binaries: ['0.png'] },
    });
  });

  it('is to be finished without a picture only where captures may be repeated', async () => {
    await journal.record([newTestItem('missed')]);
    expect(await sort([], { recapture: true })).toEqual([newTestItem('missed')]);
  });

  it('is set aside when the process ended twice while its models ran, and not when it only waited', async () => {
    await journal.record([newTestItem('poison'), newTestItem('harmless')]);
    const pictures = [pictureFor('poison'), pictureFor('harmless')];
    const left = async (...wereRunning: string[]) => (await sort(pictures, { wereRunning })).map(({ id }) => id);
    expect(await left('poison', 'unknown')).toEqual(['poison', 'harmless']);
    expect(await journal.recoveries.all()).toMatchObject([{ itemId: 'poison', state: 'running', attempts: 1 }]);
    // a process that ended otherwise, however often, says nothing against it
    expect(await left()).toEqual(['poison', 'harmless']);
    expect(await left('harmless')).toEqual(['poison', 'harmless']);
    expect(await left('poison')).toEqual(['harmless']);
    const reason = 'the station ended 2 times while it inspected this item';
    expect(await journal.find('poison')).toMatchObject({
      ...{ state: 'Done', decision: 'NO_DECISION', error: `set aside: ${reason}`, binaries: ['front.png'] },
    });
    expect(await journal.recoveries.deadLetters()).toMatchObject([
      { itemId: 'poison', destination: null, reason, attempts: 2 },
    ]);
    // and stays there
    expect(await left('poison')).toEqual(['harmless']);
  });

  it('was set aside and is tried once more when somebody asked to, and is set aside again when it ends the process', async () => {
    const finished = exampleItem('poison', { decision: 'NO_DECISION' });
    await journal.record([finished]);
    const recovery = { itemId: 'poison', attempts: 2, sinceMs: 1, reason: 'it ended' } as const;
    await journal.recoveries.put({ ...recovery, state: 'retry' });
    expect(await sort()).toEqual([finished]);
    await journal.recoveries.put({ ...recovery, state: 'running' });
    expect(await sort()).toEqual([finished]);
    expect(await sort([], { wereRunning: ['poison'] })).toEqual([]);
    expect(await journal.recoveries.deadLetters()).toMatchObject([{ itemId: 'poison', attempts: 3 }]);
  });
});

describe('a journal that begins empty', () => {
  it('is filled with every item of the metadata storage', async () => {
    for (let index = 0; index < 1_203; index += 1) await metadataStorage.put(exampleItem(`item-${index}`), never);
    await fillJournal({ journal, metadataStorage }, { log: silentLog, signal: never });
    for (const id of ['item-0', 'item-500', 'item-1202']) expect(await journal.find(id)).toEqual(exampleItem(id));
    const { items, next } = await journal.list({ limit: 1_000 });
    expect(items).toHaveLength(1_000);
    expect((await journal.list({ limit: 1_000, cursor: next ?? '' })).items).toHaveLength(203);
  });

  it('stays empty over an empty storage', async () => {
    await fillJournal({ journal, metadataStorage }, { log: silentLog, signal: never });
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
    await fillJournal({ journal, metadataStorage: partly }, { log: silentLog, signal: never });
    const { items } = await journal.list({ limit: 10 });
    expect(items.map(({ id }) => id).sort()).toEqual(['first', 'last']);
  });
});

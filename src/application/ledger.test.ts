import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { memoryBinaryStorage } from '../adapters/binary-storages/memory-binary-storage.ts';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { memoryMetadataStorage } from '../adapters/metadata-storages/memory-metadata-storage.ts';
import type { Item } from '../domain/item.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import { rootless } from '../ports/context.test-support.ts';
import type { Journal } from '../ports/journal.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import { never } from './inspection.test-support.ts';
import { type Ledger, ledgerOf } from './ledger.ts';

let journal: Journal;
let binaryStorage: BinaryStorage;
let metadataStorage: MetadataStorage;

beforeEach(async () => {
  ({ journal } = await openSqliteJournal({ file: ':memory:', capacity: null, destinations: ['telemetry_sink'] }));
  binaryStorage = await memoryBinaryStorage.open({ max_mb: 64, max_items: 10_000 }, rootless);
  metadataStorage = await memoryMetadataStorage.open({ max_items: 10_000 }, rootless);
  onTestFinished(journal.close);
});

async function keep(id: string, change: Partial<Item> = {}): Promise<void> {
  const item = exampleItem(id, change);
  for (const name of item.binaries)
    await binaryStorage.put({ config: 'line', itemId: id, name }, Buffer.alloc(7), never);
  await metadataStorage.put(item, never);
  await journal.record([item]);
}

async function deliverAll(): Promise<void> {
  const due = await journal.outbox.due('telemetry_sink', 10_000);
  await journal.outbox.settle(due.map(({ place }) => ({ place, state: 'delivered', error: null })));
}

const ledger = (onProgress?: (items: number, total: number) => void): Promise<Ledger> =>
  ledgerOf(
    { stored: journal.stored, binaryStorage, metadataStorage, destinations: ['telemetry_sink'] },
    never,
    onProgress,
  );

describe('the ledger', () => {
  it('closes when every trigger is decided, stored and told, over many pages and beside uploads', async () => {
    for (let index = 0; index < 1_203; index += 1) await keep(`item-${index}`);
    await keep('upload', { decision: null });
    await deliverAll();
    const progress: number[] = [];
    expect(await ledger((items, total) => progress.push(items, total))).toEqual({
      ...{ closed: true, accepted: 1_203, decided: 1_203, stored: 1_203, uploads: 1, removed: 0 },
      deliveries: [{ destination: 'telemetry_sink', delivered: 1_203, waiting: 0, set_aside: 0, not_due: 0 }],
      ...{ missing_count: 0, missing: [], unknown: [] },
    });
    expect(progress.slice(-2)).toEqual([1_204, 1_204]);
  });

  it('of a station that has done nothing closes', async () => {
    expect(await ledger()).toMatchObject({ closed: true, accepted: 0 });
  });

  it('names each item that is not where it should be, and what of it', async () => {
    for (const id of ['waiting', 'no-picture', 'no-record', 'other-record', 'set-aside']) await keep(id);
    await keep('unfinished', { state: 'Inference', decision: null });
    await metadataStorage.put(exampleItem('stranger'), never);
    await binaryStorage.delete({ config: 'line', itemId: 'no-picture', name: 'front.jpg' }, never);
    await metadataStorage.delete({ config: 'line', itemId: 'no-record' }, never);
    await metadataStorage.put(exampleItem('other-record', { decision: 'KO' }), never);
    const due = await journal.outbox.due('telemetry_sink', 10);
    await journal.outbox.settle(
      due.flatMap(({ place, item }) => {
        if (item.id === 'waiting') return [];
        const isRefused = item.id === 'set-aside';
        return [{ place, state: isRefused ? ('set_aside' as const) : ('delivered' as const), error: null }];
      }),
    );
    const found = await ledger();
    expect(found).toMatchObject({ closed: false, accepted: 6, decided: 5, stored: 2, missing_count: 6 });
    expect(found.missing.map(({ item_id, what }) => `${item_id}: ${what}`).toSorted()).toEqual([
      'no-picture: pictures',
      'no-record: record',
      'other-record: record',
      'set-aside: telemetry_sink',
      'unfinished: decision',
      'waiting: telemetry_sink',
    ]);
    expect(found.unknown).toEqual(['stranger']);
    expect(found.deliveries).toMatchObject([{ delivered: 3, waiting: 1, set_aside: 1, not_due: 0 }]);
  });

  it('counts what was removed to make room, and what was decided before there was a sink', async () => {
    for (const id of ['removed', 'kept']) await keep(id);
    await deliverAll();
    await journal.stored.remove(['removed'], false);
    await metadataStorage.delete({ config: 'line', itemId: 'removed' }, never);
    expect(await ledger()).toMatchObject({
      ...{ closed: true, accepted: 2, decided: 2, stored: 2, removed: 1 },
      deliveries: [{ delivered: 2 }],
    });
    const more = {
      stored: journal.stored,
      binaryStorage,
      metadataStorage,
      destinations: ['metadata_storage'] as const,
    };
    expect(await ledgerOf(more, never)).toMatchObject({ closed: true, deliveries: [{ delivered: 0, not_due: 1 }] });
  });

  it('is given up when it is called off', async () => {
    await keep('item');
    const ports = { stored: journal.stored, binaryStorage, metadataStorage, destinations: [] };
    await expect(ledgerOf(ports, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

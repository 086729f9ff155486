import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { memoryBinaryStorage } from '../adapters/binary-storages/memory-binary-storage.ts';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { memoryMetadataStorage } from '../adapters/metadata-storages/memory-metadata-storage.ts';
import type { Prediction } from '../domain/prediction.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import { rootless, silentLog } from '../ports/context.test-support.ts';
import type { Journal } from '../ports/journal.ts';
import { createEventLog } from './event-log.ts';
import {
  classified,
  identifyTestPicture,
  never,
  pictureOf,
  testCamera,
  testModel,
  testStation,
} from './inspection.test-support.ts';
import { createInspections, type HeldStation, type Inspections, type InspectionsOptions } from './inspections.ts';
import { createItemRecords, type ItemRecords } from './item-records.ts';
import type { Station } from './station.ts';
import { createTurns } from './turns.ts';
import { createUnsavedPictures } from './unsaved-pictures.ts';

const NO_PART = { serialNumber: null, category: null, idempotencyKey: null };
const IN_FLIGHT = 4;

let journal: Journal;
let binaryStorage: BinaryStorage;
let records: ItemRecords;
let told: Map<string, string[]>;
/** Stations that are held. */
let held: number;

/** Inspections over memory storages, with what the test changes. */
async function openInspections(
  change: Partial<InspectionsOptions> & { record?: Journal['record'] } = {},
): Promise<Inspections> {
  ({ journal } = await openSqliteJournal({ file: ':memory:', capacity: null }));
  binaryStorage = await memoryBinaryStorage.open({ max_mb: 64, max_items: 2_000 }, rootless);
  const metadataStorage = await memoryMetadataStorage.open({ max_items: 2_000 }, rootless);
  const events = createEventLog('run');
  events.subscribe(({ data }) => {
    if (!('item_id' in data)) return;
    told.set(data.item_id, [...(told.get(data.item_id) ?? []), data.state]);
  });
  const recording = change.record === undefined ? journal : { ...journal, record: change.record };
  records = createItemRecords({ journal: recording, metadataStorage, events, log: silentLog, writeTimeoutMs: 60_000 });
  onTestFinished(async () => {
    await records.close();
    await journal.close();
  });
  let count = 0;
  return createInspections({
    records,
    binaryStorage,
    identifyImage: identifyTestPicture,
    writeTimeoutMs: 60_000,
    unsavedPictures: createUnsavedPictures(1_000_000),
    inFlight: createTurns(IN_FLIGHT),
    running: () => () => undefined,
    diskRoom: { async refresh() {}, refusal: () => null, spend() {} },
    capacity: 1_004,
    newId: () => {
      count += 1;
      return `item-${count}`;
    },
    log: silentLog,
    signal: never,
    ...change,
  });
}

beforeEach(() => {
  told = new Map();
  held = 0;
});

function hold(station: Station = testStation([testCamera()])): HeldStation {
  held += 1;
  let isReleased = false;
  return {
    station,
    release() {
      expect(isReleased).toBe(false);
      isReleased = true;
      held -= 1;
    },
  };
}

/** A model that answers once it is told to. */
function heldModel() {
  const answer = Promise.withResolvers<Prediction>();
  return { release: () => answer.resolve(classified('good')), model: testModel({ id: 'slow' }, () => answer.promise) };
}

const refuse = async (): Promise<never> => Promise.reject(new Error('the disk is full'));
const namesOf = async (): Promise<string[]> => {
  const names: string[] = [];
  for await (const { itemId, name } of binaryStorage.iterate(never)) names.push(`${itemId}/${name}`);
  return names;
};

describe('a trigger', () => {
  it('is answered once its item is on disk, before the inspection is over', async () => {
    const { release, model } = heldModel();
    const inspections = await openInspections();
    const id = await inspections.begin(
      hold(testStation([testCamera({ models: [model] })])),
      { serialNumber: 'SN 1', category: 'phones', idempotencyKey: null },
      new Map(),
    );
    expect(await journal.find(id)).toMatchObject({ serial_number: 'SN 1', category: 'phones', state: 'Capture' });
    expect(await records.find(id)).toMatchObject({ decision: null });
    release();
    const item = await inspections.finished(id);
    expect(item).toMatchObject({ id, decision: 'OK', state: 'Done', error: null });
  });

  it('gives an item with all that an inspection says of it', async () => {
    const inspections = await openInspections();
    const id = await inspections.begin(hold(), NO_PART, new Map());
    const item = await inspections.finished(id);
    expect(item).toMatchObject({
      station_config: 'line',
      config_digest: 'digest of line',
      cameras: { front: { brightness: null, exposition: 100, position: 'front', source: 'folder' } },
      models: { classifier: { name: 'classifier', version: '1', digest: 'digest of classifier' } },
      inferences: { front: { classifier: { full_image: { label: 'good', probability: 0.9 } } } },
      binaries: ['front.jpg'],
      serial_number: null,
      category: null,
    });
    expect(Object.keys(item?.timings_ms ?? {}).sort()).toEqual([
      'capture',
      'decision',
      'inference',
      'save_binaries',
      'total',
    ]);
    expect(Date.parse(item?.received_at ?? '')).toBeGreaterThan(0);
    expect(told.get(id)).toEqual(['Capture', 'Save Binaries', 'Inference', 'Decision', 'Done']);
    expect(held).toBe(0);
    expect(inspections.finished(id)).toBeUndefined();
  });

  it('takes its pictures out of what it was given, also for items that wait', async () => {
    const { release, model } = heldModel();
    const inspections = await openInspections();
    const station = testStation([testCamera({ models: [model] })]);
    const given = Array.from({ length: 20 }, () => new Map([['front', pictureOf()]]));
    const ids = await Promise.all(given.map((pictures) => inspections.begin(hold(station), NO_PART, pictures)));
    while ((await namesOf()).length < 20) await new Promise((resolve) => setImmediate(resolve));
    expect(given.map(({ size }) => size)).toEqual(Array(20).fill(0));
    release();
    await Promise.all(ids.map((id) => inspections.finished(id)));
  });

  it('is refused beyond what the station takes, and what was taken is inspected', async () => {
    const { release, model } = heldModel();
    const inspections = await openInspections({ capacity: 30 });
    const station = testStation([testCamera({ models: [model] })]);
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, () => inspections.begin(hold(station), NO_PART, new Map())),
    );
    const ids = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    expect(ids).toHaveLength(30);
    const refused = answers.find((answer) => answer.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'QUEUE_FULL', details: { retry_after_seconds: 1 } });
    expect(held).toBe(30);
    release();
    const items = await Promise.all(ids.map((id) => inspections.finished(id)));
    expect(items.map((item) => item?.decision)).toEqual(Array(30).fill('OK'));
    expect(held).toBe(0);
    await expect(inspections.begin(hold(station), NO_PART, new Map())).resolves.toBe('item-31');
  });

  it('runs no more inspections at once than there are places in flight', async () => {
    let running = 0;
    let most = 0;
    const model = testModel({ id: 'counting' }, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return classified('good');
    });
    const inspections = await openInspections();
    const station = testStation([testCamera({ models: [model] })]);
    await Promise.all(Array.from({ length: 50 }, () => inspections.begin(hold(station), NO_PART, new Map())));
    await inspections.drain();
    expect(most).toBe(IN_FLIGHT);
    for (const states of told.values()) {
      expect(states).toEqual(['Capture', 'Save Binaries', 'Inference', 'Decision', 'Done']);
    }
    expect(told.size).toBe(50);
  });

  it('is refused when its record cannot be written, and leaves nothing behind', async () => {
    const inspections = await openInspections({ record: refuse });
    await expect(inspections.begin(hold(), NO_PART, new Map())).rejects.toThrow('the disk is full');
    await inspections.drain();
    expect(await namesOf()).toEqual([]);
    expect(told.size).toBe(0);
    expect(held).toBe(0);
    expect(await records.find('item-1')).toBeUndefined();
  });

  it('is refused while the disk does not keep up with the pictures', async () => {
    const unsavedPictures = createUnsavedPictures(10);
    const inspections = await openInspections({ unsavedPictures });
    const waiting = new Uint8Array(10);
    unsavedPictures.add(waiting);
    await expect(inspections.begin(hold(), NO_PART, new Map())).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    expect(held).toBe(0);
    unsavedPictures.remove(waiting);
    await inspections.finished(await inspections.begin(hold(), NO_PART, new Map()));
  });

  it('ends its item undecided when the inspection itself breaks', async () => {
    const bug = (): never => {
      throw new Error('a bug');
    };
    const inspections = await openInspections({ inFlight: { ...createTurns(1), tryTake: bug } });
    const id = await inspections.begin(hold(), NO_PART, new Map());
    expect(await inspections.finished(id)).toMatchObject({
      state: 'Done',
      decision: 'NO_DECISION',
      error: 'the inspection failed: a bug',
    });
    expect(held).toBe(0);
  });
});

describe('a trigger with an idempotency key', () => {
  const KEYED = { ...NO_PART, idempotencyKey: 'plc-3-part-1029' };

  it('is one item, however often it is sent, at once or later', async () => {
    const inspections = await openInspections();
    const together = await Promise.all(Array.from({ length: 50 }, () => inspections.begin(hold(), KEYED, new Map())));
    expect(new Set(together).size).toBe(1);
    const [id = ''] = together;
    await inspections.finished(id);
    expect(await inspections.begin(hold(), KEYED, new Map())).toBe(id);
    await inspections.drain();
    expect(await journal.find(id)).toMatchObject({ idempotency_key: 'plc-3-part-1029', state: 'Done' });
    expect((await journal.list({ limit: 10 })).items).toHaveLength(1);
    expect(held).toBe(0);
  });

  it('is another item with another key, and without one', async () => {
    const inspections = await openInspections();
    const parts = [KEYED, { ...NO_PART, idempotencyKey: 'plc-3-part-1030' }, NO_PART, NO_PART];
    const ids = await Promise.all(parts.map((part) => inspections.begin(hold(), part, new Map())));
    await inspections.drain();
    expect(new Set(ids).size).toBe(4);
  });

  it('may be sent again after it was refused', async () => {
    const refused = await openInspections({ record: refuse });
    const both = [1, 2].map(() => refused.begin(hold(), KEYED, new Map()));
    for (const one of both) await expect(one).rejects.toThrow('the disk is full');
    await refused.drain();
    expect(held).toBe(0);
    const inspections = await openInspections();
    expect(await inspections.finished(await inspections.begin(hold(), KEYED, new Map()))).toMatchObject({
      state: 'Done',
    });
  });
});

describe('an upload', () => {
  it('is stored as picture 0 of an item that nobody decides', async () => {
    const inspections = await openInspections();
    const id = await inspections.keep(hold(), pictureOf({ extension: 'png' }));
    expect(await records.find(id)).toMatchObject({ state: 'Done', decision: null, error: null, binaries: ['0.png'] });
    expect(await namesOf()).toEqual([`${id}/0.png`]);
    expect(held).toBe(0);
    expect(told.get(id)).toEqual(['Capture', 'Done']);
  });

  it('is stored with an error when it is no picture', async () => {
    const inspections = await openInspections();
    const id = await inspections.keep(hold(), Buffer.from('hello'));
    expect(await records.find(id)).toMatchObject({
      decision: null,
      binaries: ['0.bin'],
      error: 'the bytes are no picture that can be read',
    });
  });

  it('has an error when it cannot be stored', async () => {
    const full = { ...(await openStorage()), put: refuse };
    const inspections = await openInspections({ binaryStorage: full });
    const id = await inspections.keep(hold(), pictureOf());
    expect(await records.find(id)).toMatchObject({
      state: 'Done',
      binaries: [],
      error: 'the picture could not be saved: the disk is full',
    });
  });

  it('is refused when its record cannot be written, and leaves nothing behind', async () => {
    const inspections = await openInspections({ record: refuse });
    await expect(inspections.keep(hold(), pictureOf())).rejects.toThrow('the disk is full');
    await inspections.drain();
    expect(await namesOf()).toEqual([]);
    expect(held).toBe(0);
  });
});

describe('a shutdown', () => {
  it('takes no more triggers and waits for all that is under way', async () => {
    const { release, model } = heldModel();
    const inspections = await openInspections();
    const station = testStation([testCamera({ models: [model] })]);
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => inspections.begin(hold(station), NO_PART, new Map())),
    );
    let isDrained = false;
    const drained = inspections.drain().then(() => {
      isDrained = true;
    });
    const late = inspections.begin(hold(station), NO_PART, new Map());
    await expect(late).rejects.toMatchObject({ code: 'STATION_CLOSING' });
    await expect(inspections.keep(hold(station), pictureOf())).rejects.toMatchObject({ code: 'STATION_CLOSING' });
    expect(isDrained).toBe(false);
    release();
    await drained;
    for (const id of ids) expect(await records.find(id)).toMatchObject({ state: 'Done', decision: 'OK' });
    expect(held).toBe(0);
  });

  it('that cannot wait ends what is under way, undecided and on record', async () => {
    const ending = new AbortController();
    const model = testModel({ id: 'slow' }, (_image, _box, signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      const end = (): void => reject(new Error('cancelled'));
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
      return promise;
    });
    const inspections = await openInspections({ signal: ending.signal });
    const station = testStation([testCamera({ models: [model] })]);
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => inspections.begin(hold(station), NO_PART, new Map())),
    );
    ending.abort();
    await inspections.drain();
    for (const id of ids) expect(await records.find(id)).toMatchObject({ state: 'Done', decision: 'NO_DECISION' });
    expect(held).toBe(0);
  });
});

function openStorage(): Promise<BinaryStorage> {
  return memoryBinaryStorage.open({ max_mb: 64, max_items: 100 }, rootless);
}

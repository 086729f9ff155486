import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { AppError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { silentLog } from '../ports/context.test-support.ts';
import type { Journal } from '../ports/journal.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import { type Courier, createCourier, type DeliveryTarget } from './courier.ts';

let journal: Journal;
/** Ids of the items that arrived, in order; one that arrived twice is there twice. */
let arrived: string[];

beforeEach(async () => {
  ({ journal } = await openSqliteJournal({ file: ':memory:', capacity: null, destinations: ['telemetry_sink'] }));
  arrived = [];
  onTestFinished(journal.close);
});

/** A destination that takes everything, unless told otherwise. */
function targetWith(change: Partial<DeliveryTarget> = {}): DeliveryTarget {
  return {
    destination: 'telemetry_sink',
    type: 'test',
    batch: 3,
    parallel: 1,
    async deliver(items) {
      arrived.push(...items.map(({ id }) => id));
    },
    async check() {},
    ...change,
  };
}

function start(change: Partial<DeliveryTarget> = {}): Courier {
  const courier = createCourier({
    outbox: journal.outbox,
    target: targetWith(change),
    maxPerSecond: 100_000,
    whenQuiet: async () => undefined,
    maxPauseMs: 1,
    timeoutMs: 60_000,
    log: silentLog,
  });
  onTestFinished(courier.close);
  courier.start();
  return courier;
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `item-${index}`);
const record = (...names: string[]): Promise<void> => journal.record(names.map((id) => exampleItem(id)));
const refused = (): never => {
  throw new AppError('REFUSED', 'it is no good');
};
const stateOf = async (id: string) => (await journal.outbox.of(id))[0];

describe('a courier', () => {
  it('carries what waits in the order it came, each item once, and what comes later when it is woken', async () => {
    await record(...ids(20));
    const courier = start();
    await vi.waitFor(() => expect(arrived).toEqual(ids(20)));
    await record('later');
    courier.wake();
    await vi.waitFor(() => expect(arrived).toEqual([...ids(20), 'later']));
    await vi.waitFor(async () => expect(await stateOf('later')).toMatchObject({ state: 'delivered', error: null }));
    expect((await journal.outbox.backlogs())[0]).toMatchObject({ waiting: 0, oldestMs: null });
    expect(courier.failure()).toBeNull();
  });

  it('has several batches under way where the order does not matter, and no more than that', async () => {
    await record(...ids(40));
    let running = 0;
    let most = 0;
    start({
      parallel: 4,
      batch: 2,
      async deliver(items) {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        arrived.push(...items.map(({ id }) => id));
      },
    });
    await vi.waitFor(() => expect(arrived.toSorted()).toEqual(ids(40).toSorted()));
    expect(most).toBe(4);
  });

  it('tries again until the destination is back, says meanwhile why it fails, and loses and doubles nothing', async () => {
    await record(...ids(10));
    let isAway = true;
    const tried: number[] = [];
    const courier = start({
      async deliver(items) {
        tried.push(items.length);
        if (isAway) throw new AppError('TELEMETRY_FAILED', 'nobody there');
        arrived.push(...items.map(({ id }) => id));
      },
    });
    await vi.waitFor(() => expect(tried.length).toBeGreaterThan(3));
    expect(courier.failure()).toBe('nobody there');
    expect(courier.nextAttemptMs()).toBeGreaterThan(0);
    // one batch at a time, not all that waits
    expect(Math.max(...tried)).toBe(3);
    expect(await stateOf('item-9')).toMatchObject({ state: 'waiting', attempts: 0 });
    expect((await stateOf('item-0'))?.attempts).toBeGreaterThan(1);
    isAway = false;
    await vi.waitFor(() => expect(arrived).toEqual(ids(10)));
    await vi.waitFor(() => expect(courier.failure()).toBeNull());
  });

  it('sets aside what the destination refuses, and only that of a batch', async () => {
    await record(...ids(5));
    start({
      async deliver(items) {
        if (items.some(({ id }) => id === 'item-1')) refused();
        arrived.push(...items.map(({ id }) => id));
      },
    });
    await vi.waitFor(() => expect(arrived).toEqual(['item-0', 'item-2', 'item-3', 'item-4']));
    await vi.waitFor(async () => {
      expect(await stateOf('item-1')).toMatchObject({ state: 'set_aside', attempts: 1, error: 'it is no good' });
    });
    expect(await journal.recoveries.deadLetters()).toMatchObject([
      { itemId: 'item-1', destination: 'telemetry_sink', reason: 'it is no good' },
    ]);
  });

  it('sets aside what fails again and again although the destination works', async () => {
    await record(...ids(3));
    start({
      batch: 1,
      async deliver([item]) {
        if (item?.id === 'item-1') throw new Error('500');
        arrived.push(String(item?.id));
      },
    });
    await vi.waitFor(() => expect(arrived).toEqual(['item-0', 'item-2']), { timeout: 5_000 });
    await vi.waitFor(async () => expect(await stateOf('item-1')).toMatchObject({ state: 'set_aside', attempts: 10 }));
  });

  it('finds the one of a batch that fails again and again, and sets only that aside', async () => {
    await record(...ids(6));
    start({
      async deliver(items) {
        if (items.some(({ id }) => id === 'item-1')) throw new Error('500');
        arrived.push(...items.map(({ id }) => id));
      },
    });
    await vi.waitFor(() => expect(arrived).toEqual(['item-0', 'item-2', 'item-3', 'item-4', 'item-5']));
    await vi.waitFor(async () => expect(await stateOf('item-1')).toMatchObject({ state: 'set_aside' }));
    expect(await journal.recoveries.deadLetters()).toHaveLength(1);
  });

  it('is not held up by a destination that hangs longer than its time', async () => {
    await record('item');
    let attempts = 0;
    const courier = createCourier({
      outbox: journal.outbox,
      target: targetWith({
        deliver(items: readonly Item[]) {
          attempts += 1;
          if (attempts === 1) return new Promise(() => {});
          arrived.push(...items.map(({ id }) => id));
          return Promise.resolve();
        },
      }),
      ...{ maxPerSecond: 100, whenQuiet: async () => undefined, maxPauseMs: 1, timeoutMs: 5, log: silentLog },
    });
    onTestFinished(courier.close);
    courier.start();
    await vi.waitFor(() => expect(arrived).toEqual(['item']));
  });

  it('calls off what is under way when it is closed, and carries it after the next start', async () => {
    await record('item');
    const begun = Promise.withResolvers<void>();
    const courier = start({
      deliver: (_items, signal) =>
        new Promise((_resolve, reject) => {
          begun.resolve();
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    });
    await begun.promise;
    await courier.close();
    await courier.close();
    expect(await stateOf('item')).toMatchObject({ state: 'waiting' });
    start();
    await vi.waitFor(() => expect(arrived).toEqual(['item']));
  });
});

describe('a backlog', () => {
  it('waits for quiet moments, not for ever, and lets pass what comes meanwhile', async () => {
    await record(...ids(3));
    let asked = 0;
    const courier = createCourier({
      outbox: journal.outbox,
      target: targetWith({ batch: 1 }),
      // it is never quiet
      whenQuiet(signal) {
        asked += 1;
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
      ...{ maxPerSecond: 5, maxPauseMs: 1, timeoutMs: 60_000, log: silentLog },
    });
    onTestFinished(courier.close);
    courier.start();
    await vi.waitFor(() => expect(arrived).toEqual(ids(3)), { timeout: 5_000 });
    expect(asked).toBe(3);
    await record('fresh');
    courier.wake();
    await vi.waitFor(() => expect(arrived).toContain('fresh'));
    expect(asked).toBe(3);
  });
});

describe('a courier with nothing to carry', () => {
  it('says that its destination is away, until it is back', async () => {
    let isAway = true;
    let checks = 0;
    const courier = start({
      async check() {
        checks += 1;
        if (isAway) throw new AppError('TELEMETRY_FAILED', 'the password is refused');
      },
    });
    await vi.waitFor(() => expect(courier.failure()).toBe('the password is refused'));
    isAway = false;
    courier.wake();
    await vi.waitFor(() => expect(courier.failure()).toBeNull());
    const before = checks;
    courier.wake();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(checks).toBe(before);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { Item } from '../domain/item.ts';
import type { ItemQuery, Journal } from './journal.ts';
import { exampleItem } from './metadata-storage.contract.ts';

const NOON = Date.parse('2026-04-02T12:00:00.000Z');

/** A finished item received so many milliseconds after noon. */
function itemAt(id: string, afterNoonMs: number, change: Partial<Item> = {}): Item {
  return exampleItem(id, { received_at: new Date(NOON + afterNoonMs).toISOString(), ...change });
}

const idsOf = (items: readonly Item[]): string[] => items.map(({ id }) => id);

/** Every page of a list; `between` happens after each of them. */
async function allPages(
  journal: Journal,
  query: ItemQuery,
  between = async (): Promise<void> => {},
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await journal.list({ ...query, cursor });
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    ids.push(...idsOf(page.items));
    cursor = page.next ?? undefined;
    await between();
  } while (cursor !== undefined);
  return ids;
}

/**
 * What every journal promises. `newPlace` gives a function that opens one and the same, at first empty, journal, which
 * delivers to every destination there is.
 */
export function journalContract(newPlace: () => Promise<() => Promise<Journal>>): void {
  describe('as a journal', () => {
    const opened: Journal[] = [];
    const openAt = async (place: () => Promise<Journal>): Promise<Journal> => {
      const journal = await place();
      opened.push(journal);
      return journal;
    };
    const openOne = async (): Promise<Journal> => openAt(await newPlace());
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((journal) => journal.close()));
    });

    it('finds an item as it was recorded', async () => {
      const journal = await openOne();
      await journal.record([exampleItem('item-1')]);
      expect(await journal.find('item-1')).toEqual(exampleItem('item-1'));
      expect(await journal.find('item-2')).toBeUndefined();
    });

    it('replaces an earlier record of an item, which keeps its place in the list', async () => {
      const journal = await openOne();
      const begun = { state: 'Inference', decision: null } as const;
      await journal.record([itemAt('first', 1, begun), itemAt('second', 2, begun)]);
      await journal.record([itemAt('first', 1, { decision: 'KO' })]);
      expect(await journal.find('first')).toMatchObject({ state: 'Done', decision: 'KO' });
      expect(idsOf((await journal.list({ limit: 10 })).items)).toEqual(['second', 'first']);
      expect(idsOf((await journal.list({ limit: 10, decision: 'KO' })).items)).toEqual(['first']);
      expect(idsOf(await journal.unfinished())).toEqual(['second']);
    });

    it('has the last of several records of an item that were made together', async () => {
      const journal = await openOne();
      const states = ['Capture', 'Save Binaries', 'Inference', 'Decision', 'Done'] as const;
      await Promise.all(states.map((state) => journal.record([exampleItem('item', { state })])));
      expect(await journal.find('item')).toMatchObject({ state: 'Done' });
    });

    it('knows what was only noted as soon as it is asked, in the order of the calls', async () => {
      const journal = await openOne();
      const noted = [
        journal.note([exampleItem('item', { state: 'Inference' })]),
        journal.note([exampleItem('item', { state: 'Done' }), exampleItem('other')]),
      ];
      expect(await journal.find('item')).toMatchObject({ state: 'Done' });
      expect((await journal.list({ limit: 10 })).items).toHaveLength(2);
      await Promise.all(noted);
    });

    it('keeps what was only noted, also when nobody asks', async () => {
      const journal = await openOne();
      await journal.note([exampleItem('item')]);
      expect(await journal.find('item')).toEqual(exampleItem('item'));
    });

    it('finds the item of an idempotency key, also when it is hostile or opened again', async () => {
      const place = await newPlace();
      const before = await openAt(place);
      const key = "'; DROP TABLE items; -- ü";
      await before.record([exampleItem('item-1', { idempotency_key: key }), exampleItem('item-2')]);
      expect(await before.idOfKey(key)).toBe('item-1');
      expect(await before.idOfKey('another')).toBeUndefined();
      await before.close();
      const after = await openAt(place);
      expect(await after.idOfKey(key)).toBe('item-1');
    });

    it('records nothing without complaint', async () => {
      const journal = await openOne();
      await journal.record([]);
      expect(await journal.list({ limit: 10 })).toEqual({ items: [], next: null });
    });

    it('lists the newest first, also when they were recorded in another order or zone', async () => {
      const journal = await openOne();
      await journal.record([
        itemAt('middle', 0, { received_at: '2026-04-02T14:00:00.005+02:00' }),
        itemAt('newest', 9),
        itemAt('oldest', 0, { received_at: '2026-04-02T08:30:00.001-03:30' }),
      ]);
      expect(idsOf((await journal.list({ limit: 10 })).items)).toEqual(['newest', 'middle', 'oldest']);
    });

    it.each<[string, Omit<ItemQuery, 'limit'>, string[]]>([
      ['nothing', {}, ['e', 'd', 'c', 'b', 'a']],
      ['a decision', { decision: 'KO' }, ['d', 'b']],
      ['the state Done', { state: 'Done' }, ['d', 'c', 'b', 'a']],
      ['a state before it', { state: 'Inference' }, ['e']],
      ['a state that no item is in', { state: 'Capture' }, []],
      ['a config', { stationConfig: 'other' }, ['c', 'b']],
      ['a serial number', { serialNumber: 'SN 2' }, ['d', 'c']],
      ['a serial number in another case', { serialNumber: 'sn 2' }, []],
      ['a beginning, inclusive', { from: NOON + 3 }, ['e', 'd', 'c']],
      ['an end, inclusive', { to: NOON + 2 }, ['b', 'a']],
      ['a beginning and an end', { from: NOON + 2, to: NOON + 4 }, ['d', 'c', 'b']],
      ['a beginning after the end', { from: NOON + 4, to: NOON + 2 }, []],
      ['several at once', { decision: 'KO', stationConfig: 'other', from: NOON, state: 'Done' }, ['b']],
    ])('filters by %s', async (_what, filter, ids) => {
      const journal = await openOne();
      await journal.record([
        itemAt('a', 1, { serial_number: null }),
        itemAt('b', 2, { decision: 'KO', station_config: 'other', serial_number: 'SN 1' }),
        itemAt('c', 3, { station_config: 'other', serial_number: 'SN 2' }),
        itemAt('d', 4, { decision: 'KO', serial_number: 'SN 2' }),
        itemAt('e', 5, { decision: null, state: 'Inference', serial_number: null }),
      ]);
      expect(idsOf((await journal.list({ limit: 10, ...filter })).items)).toEqual(ids);
      expect(await allPages(journal, { limit: 1, ...filter })).toEqual(ids);
    });

    it('pages through items of the same moment, each once', async () => {
      const journal = await openOne();
      const items = Array.from({ length: 25 }, (_, index) => itemAt(`item-${index}`, index < 5 ? 1 : 0));
      await journal.record(items);
      const ids = await allPages(journal, { limit: 4 });
      expect(ids).toHaveLength(25);
      expect(new Set(ids).size).toBe(25);
      expect(ids.slice(0, 5).sort()).toEqual(items.slice(0, 5).map(({ id }) => id));
    });

    it('pages through 1,000 items without a gap and without a double, while new ones come', async () => {
      const journal = await openOne();
      const items = Array.from({ length: 1_000 }, (_, index) => itemAt(`item-${index}`, Math.floor(index / 3)));
      await journal.record(items);
      let late = 0;
      const ids = await allPages(journal, { limit: 97 }, async () => {
        late += 1;
        await journal.record([itemAt(`late-${late}`, 10_000 + late)]);
      });
      expect(ids).toEqual(items.map(({ id }) => id).reverse());
    });

    it('has no next page when the last one is full', async () => {
      const journal = await openOne();
      await journal.record(['a', 'b', 'c', 'd'].map((id, index) => itemAt(id, index)));
      const first = await journal.list({ limit: 2 });
      const second = await journal.list({ limit: 2, cursor: first.next ?? '' });
      expect(idsOf(second.items)).toEqual(['b', 'a']);
      expect(second.next).toBeNull();
    });

    it.each(['', 'nonsense', '1', '.', '1.', '1.2.3', '../..', "1.2' OR 1=1", '-1.5', 'é.1', '1.99999999999999'])(
      'refuses a cursor that it never gave: %j',
      async (cursor) => {
        const journal = await openOne();
        await expect(journal.list({ limit: 10, cursor })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      },
    );

    it.each([
      'ü – ✓ 零件 🦊',
      "'; DROP TABLE items; --",
      '"quoted" \\ %_*?',
      ' spaces around ',
      'line\nbreak\ttab',
      'null\0byte',
      'a\u0301 is not \u00e1',
      'x'.repeat(100_000),
      '',
    ])('keeps and finds a serial number, whatever stands in it: %#', async (serialNumber) => {
      const journal = await openOne();
      const item = itemAt('hostile', 1, { serial_number: serialNumber, category: serialNumber });
      await journal.record([item, itemAt('other', 2), itemAt('third', 3, { serial_number: `${serialNumber}x` })]);
      expect(await journal.find('hostile')).toEqual(item);
      expect(idsOf((await journal.list({ limit: 10, serialNumber })).items)).toEqual(['hostile']);
    });

    it('knows what is not finished', async () => {
      const journal = await openOne();
      await journal.record([
        itemAt('done', 1),
        itemAt('capture', 2, { state: 'Capture', decision: null }),
        itemAt('decision', 3, { state: 'Decision', decision: null }),
      ]);
      expect(idsOf(await journal.unfinished()).sort()).toEqual(['capture', 'decision']);
    });

    it('serves 200 writers at once', async () => {
      const journal = await openOne();
      const items = Array.from({ length: 200 }, (_, index) => itemAt(`item-${index}`, index));
      await Promise.all(items.map((item) => journal.record([item])));
      expect(await allPages(journal, { limit: 1_000 })).toEqual(idsOf(items).reverse());
    });

    it('remembers facts, the last one for a key', async () => {
      const journal = await openOne();
      expect(await journal.recall('active_config')).toBeUndefined();
      await journal.remember('active_config', 'line');
      await journal.remember('active_config', 'ü "other"');
      expect(await journal.recall('active_config')).toBe('ü "other"');
      expect(await journal.recall('Active_Config')).toBeUndefined();
    });

    it('has everything again after it was closed and opened', async () => {
      const place = await newPlace();
      const before = await openAt(place);
      await before.record([itemAt('a', 1), itemAt('b', 2, { state: 'Inference', decision: null })]);
      await before.remember('active_config', 'line');
      const { next } = await before.list({ limit: 1 });
      await before.close();
      const after = await openAt(place);
      expect(await after.find('a')).toEqual(itemAt('a', 1));
      expect(idsOf(await after.unfinished())).toEqual(['b']);
      expect(await after.recall('active_config')).toBe('line');
      expect(idsOf((await after.list({ limit: 1, cursor: next ?? '' })).items)).toEqual(['a']);
    });

    it('commits what was recorded before it is closed', async () => {
      const place = await newPlace();
      const before = await openAt(place);
      const recorded = before.record([itemAt('a', 1)]);
      await before.close();
      await recorded;
      expect(await (await openAt(place)).find('a')).toBeDefined();
    });

    it('closes twice without complaint, and refuses everything after', async () => {
      const journal = await openOne();
      await Promise.all([journal.close(), journal.close()]);
      await journal.close();
      const closed = { code: 'STORAGE_FAILED' };
      await expect(journal.record([exampleItem('item')])).rejects.toMatchObject(closed);
      await expect(journal.find('item')).rejects.toMatchObject(closed);
      await expect(journal.list({ limit: 1 })).rejects.toMatchObject(closed);
    });

    const delivered = (place: number) => ({ place, state: 'delivered', error: null }) as const;

    it('has something to deliver for each destination in the commit that makes an item Done, and only then', async () => {
      const journal = await openOne();
      await journal.record([itemAt('first', 1, { state: 'Inference', decision: null })]);
      expect(await journal.outbox.due('telemetry_sink', 10)).toEqual([]);
      await Promise.all([journal.note([itemAt('second', 2)]), journal.record([itemAt('first', 1)])]);
      const due = await journal.outbox.due('telemetry_sink', 10);
      expect(due.map(({ item, attempts }) => [item.id, attempts])).toEqual([
        ['second', 0],
        ['first', 0],
      ]);
      expect(await journal.outbox.due('telemetry_sink', 1)).toHaveLength(1);
      expect(await journal.outbox.due('metadata_storage', 10)).toHaveLength(2);
      // nothing is sent to a sink of what nobody decides, nor to a binary storage without pictures
      await journal.record([itemAt('upload', 3, { decision: null, binaries: [] })]);
      expect((await journal.outbox.of('upload')).map(({ destination }) => destination)).toEqual(['metadata_storage']);
    });

    it('keeps what was delivered, failed and was set aside, over a restart too', async () => {
      const place = await newPlace();
      const before = await openAt(place);
      await before.record(['a', 'b', 'c'].map((id, index) => itemAt(id, index)));
      const [a, b, c] = await before.outbox.due('telemetry_sink', 3);
      await before.outbox.settle([
        delivered(a?.place ?? 0),
        { place: b?.place ?? 0, state: 'waiting', error: 'away' },
        { place: c?.place ?? 0, state: 'set_aside', error: 'refused' },
      ]);
      await before.close();
      const after = await openAt(place);
      const stateOf = async (id: string) =>
        (await after.outbox.of(id)).find(({ destination }) => destination === 'telemetry_sink');
      expect(await stateOf('a')).toMatchObject({ state: 'delivered', attempts: 0, error: null });
      expect(Date.parse((await stateOf('a'))?.delivered_at ?? '')).toBeGreaterThan(0);
      expect(await stateOf('b')).toMatchObject({ state: 'waiting', attempts: 1, error: 'away', delivered_at: null });
      expect(await after.outbox.due('telemetry_sink', 10)).toMatchObject([{ item: { id: 'b' }, attempts: 1 }]);
      expect(await after.recoveries.deadLetters()).toMatchObject([
        { itemId: 'c', destination: 'telemetry_sink', reason: 'refused', attempts: 1 },
      ]);
      expect((await after.outbox.backlogs()).find(({ destination }) => destination === 'telemetry_sink')).toMatchObject(
        {
          ...{ waiting: 1, setAside: 1, oldestMs: expect.any(Number) },
        },
      );
    });

    it('delivers once what is recorded twice, and again what was decided again', async () => {
      const journal = await openOne();
      await journal.record([itemAt('item', 1, { decision: 'NO_DECISION' })]);
      const [piece] = await journal.outbox.due('telemetry_sink', 10);
      await journal.outbox.settle([delivered(piece?.place ?? 0)]);
      await journal.record([itemAt('item', 1, { decision: 'NO_DECISION' })]);
      expect(await journal.outbox.due('telemetry_sink', 10)).toEqual([]);
      await journal.recoveries.put({ itemId: 'item', state: 'running', attempts: 1, sinceMs: 1, reason: 'asked for' });
      await journal.record([itemAt('item', 1, { decision: 'OK' })]);
      expect(await journal.outbox.due('telemetry_sink', 10)).toMatchObject([{ item: { decision: 'OK' } }]);
      expect(await journal.recoveries.all()).toEqual([]);
    });

    it('reopens and drops what was set aside, and nothing else', async () => {
      const journal = await openOne();
      await journal.record([itemAt('item', 1)]);
      expect(await journal.outbox.reopen('item', 'telemetry_sink')).toBe(false);
      expect(await journal.outbox.drop('item', 'telemetry_sink')).toBe(false);
      const setAside = async (): Promise<void> => {
        const [piece] = await journal.outbox.due('telemetry_sink', 1);
        await journal.outbox.settle([{ place: piece?.place ?? 0, state: 'set_aside', error: 'refused' }]);
      };
      await setAside();
      expect(await journal.outbox.reopen('item', 'telemetry_sink')).toBe(true);
      expect(await journal.outbox.due('telemetry_sink', 1)).toHaveLength(1);
      await setAside();
      expect(await journal.outbox.drop('item', 'telemetry_sink')).toBe(true);
      expect(await journal.outbox.due('telemetry_sink', 1)).toEqual([]);
      expect(await journal.recoveries.deadLetters()).toEqual([]);
    });

    it('keeps what is being recovered over a restart, until the item is Done or somebody lets it go', async () => {
      const place = await newPlace();
      const before = await openAt(place);
      const recovery = { itemId: 'item', state: 'running', attempts: 1, sinceMs: 5, reason: 'it ended' } as const;
      await before.record([itemAt('item', 1, { state: 'Inference', decision: null })]);
      await before.recoveries.put(recovery);
      await before.recoveries.put({ ...recovery, itemId: 'other', state: 'set_aside' });
      await before.close();
      const after = await openAt(place);
      expect(await after.recoveries.all()).toEqual([recovery, { ...recovery, itemId: 'other', state: 'set_aside' }]);
      await after.note([itemAt('item', 1)]);
      expect((await after.recoveries.all()).map(({ itemId }) => itemId)).toEqual(['other']);
      expect(await after.recoveries.remove('other')).toBe(true);
      expect(await after.recoveries.remove('other')).toBe(false);
    });

    it('walks over all items in the order of their triggers, with where they are to be delivered', async () => {
      const journal = await openOne();
      await journal.record(['c', 'a', 'b'].map((id) => itemAt(id, id.charCodeAt(0))));
      const first = await journal.stored.walk(0, 2);
      expect(first.map(({ id, binaries, state }) => [id, binaries, state])).toEqual([
        ['c', ['front.jpg'], 'Done'],
        ['a', ['front.jpg'], 'Done'],
      ]);
      expect(first[0]?.deliveries).toContainEqual({ destination: 'telemetry_sink', state: 'waiting' });
      expect((await journal.stored.walk(first.at(-1)?.place ?? 0, 2)).map(({ id }) => id)).toEqual(['b']);
      expect(await journal.stored.count()).toBe(3);
      expect([await journal.stored.has('a'), await journal.stored.has('d')]).toEqual([true, false]);
      const [one] = first;
      expect(await journal.stored.bytes()).toBe(3 * (one?.bytes ?? 0));
    });
  });
}

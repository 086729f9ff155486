import { describe, expect, it } from 'vitest';
import type { Item } from '../src/domain/item.ts';
import { newEdgeRoot, oneCamera, stationConfig } from './edge-root.test-support.ts';
import { listenToEvents } from './events.test-support.ts';
import { startStation } from './station-process.test-support.ts';

/** A station whose models take their time. */
const slowRoot = (delayMs: number, edge: object, config: object = {}) =>
  newEdgeRoot({
    'config/edge.json': { model_forward: { type: 'fake', delay_ms: delayMs }, active_config: 'line', ...edge },
    'config/station_configs/line.json': { ...stationConfig({ top: oneCamera() }), ...config },
  });

describe.concurrent('an item that is not decided by its deadline', () => {
  it('is KO, marked as late, and says in which step it was; its picture is kept', async () => {
    const station = await startStation(slowRoot(60_000, { deadline: { ms: 300 } }));
    const item = await station.inspected();
    expect(item).toMatchObject({ state: 'Done', decision: 'KO', late: true, binaries: ['top.jpg'] });
    expect(item.error).toMatch(
      /^the verdict did not come within 300 ms, in step "Inference"; camera "top": model "sort"/,
    );
    expect(item.camera_decisions).toMatchObject({ top: { decision: 'NO_DECISION' } });
    expect(await station.get('/health')).toMatchObject({ counts: { accepted: 1, decided: 1, late: 1, failed: 1 } });
    expect(await station.stop()).toBe(0);
  });

  it('gets the verdict that its station config names, whose deadline wins over the one of edge.json', async () => {
    const config = { deadline: { ms: 200, late_decision: 'NO_DECISION' } };
    const station = await startStation(slowRoot(60_000, { deadline: { ms: 59_000 } }, config));
    expect(await station.inspected()).toMatchObject({ decision: 'NO_DECISION', late: true });
    await station.stop();
  });

  it('delays no other item: its place is free at once, and who waits behind it is decided', async () => {
    const root = slowRoot(1_000, { deadline: { ms: 1_900 }, server: { max_in_flight: 1 } });
    const station = await startStation(root);
    const ids = await Promise.all([station.trigger(), station.trigger(), station.trigger()]);
    const items = await Promise.all(ids.map((id) => station.done(id)));
    // one place, held for a second each: the first is in time, the others are not
    expect(items.filter(({ late }) => !late).map(({ decision }) => decision)).toEqual(['OK']);
    expect(items.filter(({ late }) => late).map(({ decision }) => decision)).toEqual(['KO', 'KO']);
    expect(await station.inspected()).toMatchObject({ decision: 'OK', late: false });
    await station.stop();
  });

  it('is told once, and with its verdict', async () => {
    const station = await startStation(slowRoot(60_000, { deadline: { ms: 200 } }));
    const events = await listenToEvents(station.url);
    const { id } = await station.inspected();
    const received = await events.until((all) => all.some(({ data }) => data.item_id === id && data.state === 'Done'));
    const told = received.filter(({ data }) => data.item_id === id).map(({ data }) => data);
    expect(told.map(({ state }) => state)).toEqual(['Capture', 'Save Binaries', 'Inference', 'Decision', 'Done']);
    expect(told.slice(-2).map(({ decision }) => decision)).toEqual(['KO', 'KO']);
    events.close();
    await station.stop();
  });
});

describe.concurrent('more triggers than can be decided in time', () => {
  it('are refused at once, and those that are taken keep their verdicts', async () => {
    const root = slowRoot(50, { deadline: { ms: 600 }, server: { max_in_flight: 2 } });
    const station = await startStation(root);
    for (let warm = 0; warm < 5; warm += 1) await station.inspected();
    const answers = await Promise.all(Array.from({ length: 200 }, () => station.request('POST', '/trigger')));
    const taken = await Promise.all(
      answers
        .filter(({ status }) => status === 200)
        .map(async (answer) => (await answer.json()) as { item_id: string }),
    );
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(100);
    for (const answer of refused) {
      expect([answer.status, Number(answer.headers.get('retry-after')) >= 1]).toEqual([503, true]);
    }
    const items: Item[] = await Promise.all(taken.map(({ item_id }) => station.done(item_id)));
    expect(items.length).toBeGreaterThan(2);
    expect(items.filter(({ late }) => !late).length).toBeGreaterThan(0);
    for (const { decision, late } of items) expect(decision).toBe(late ? 'KO' : 'OK');
    expect(await station.get('/health')).toMatchObject({ counts: { rejected: refused.length } });
    await station.stop();
  });
});

import { expect, it } from 'vitest';
import type { Item } from '../src/domain/item.ts';
import { newEdgeRoot } from './edge-root.test-support.ts';
import { startStation } from './station-process.test-support.ts';

const headers = { 'idempotency-key': 'plc-3-part-1029' };

it('the same request sent 50 times at once is one item with 50 equal answers, also after the station was killed', async () => {
  const root = newEdgeRoot();
  const station = await startStation(root);
  const trigger = async (at: typeof station): Promise<unknown> =>
    (await at.request('POST', '/trigger', undefined, headers)).json();
  const answers = await Promise.all(Array.from({ length: 50 }, () => trigger(station)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  const another = await station.inspected();
  await station.stop('SIGKILL');

  const restarted = await startStation(root);
  expect(await trigger(restarted)).toEqual(answers[0]);
  const items = await restarted.get<Item[]>('/items');
  expect(items.map(({ id }) => id)).toEqual([another.id, (answers[0] as { item_id: string }).item_id]);
  expect(items.map(({ idempotency_key }) => idempotency_key)).toEqual([null, 'plc-3-part-1029']);
  await restarted.stop();
});

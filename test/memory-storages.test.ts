import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Item } from '../src/domain/item.ts';
import { newEdgeRoot, oneCamera, stationConfig } from './edge-root.test-support.ts';
import { startStation } from './station-process.test-support.ts';

it('memory storages forget the oldest items and, at the end, all of them, but not which config was active', async () => {
  const root = newEdgeRoot({
    'config/edge.json': {
      model_forward: { type: 'fake' },
      active_config: 'line',
      binary_storage: { type: 'memory', max_items: 5 },
      metadata_storage: { type: 'memory', max_items: 5 },
    },
    'config/station_configs/other.json': stationConfig({ other: oneCamera() }),
  });
  const first = await startStation(root);
  await first.activate('other');
  const items: Item[] = [];
  for (let count = 0; count < 12; count += 1) items.unshift(await first.inspected());
  expect(items.map(({ decision }) => decision)).toEqual(items.map(() => 'OK'));
  expect(await first.get('/items')).toEqual(items.slice(0, 5));
  expect((await first.request('GET', `/items/${items[0]?.id}/binaries/other`)).status).toBe(200);
  for (const path of ['', '/state', '/binaries', '/binaries/other']) {
    expect((await first.request('GET', `/items/${items[11]?.id}${path}`)).status).toBe(404);
  }
  expect(await first.stop()).toBe(0);
  expect(readdirSync(join(root, 'data'))).not.toContain('storage');
  const second = await startStation(root);
  expect(await second.get('/items')).toEqual([]);
  expect(await second.inspected()).toMatchObject({ station_config: 'other', decision: 'OK' });
  expect(await second.stop()).toBe(0);
});

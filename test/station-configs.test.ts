import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../src/domain/diagnostic.ts';
import type { Item } from '../src/domain/item.ts';
import {
  form,
  INVENTORY,
  newEdgeRoot,
  oneCamera,
  picture,
  stationConfig,
  writeFiles,
} from './edge-root.test-support.ts';
import { listenToEvents } from './events.test-support.ts';
import { type StationProcess, startStation } from './station-process.test-support.ts';

const COLOURS = ['red', 'green', 'blue', 'white', 'black'];

let root: string;
let station: StationProcess;

beforeAll(async () => {
  const inOrder = { order: 'in_order' };
  const pictures = COLOURS.map(async (colour, index) => [`data/others/${index}.jpg`, await picture(colour)] as const);
  root = newEdgeRoot({
    'config/edge.json': {
      model_forward: { type: 'fake', delay_ms: 200 },
      active_config: 'line',
      server: { max_in_flight: 6 },
    },
    'config/station_configs/other.json': stationConfig({ other: oneCamera({}, 'others') }),
    'config/station_configs/broken.json': { cameras: {} },
    'config/station_configs/numbers.json': '{ "cameras": { "2": CAMERA, "1": CAMERA }, "item_rule": RULE }'
      .replaceAll('CAMERA', JSON.stringify(oneCamera(inOrder, 'others')))
      .replace('RULE', '{ "name": "min_threshold_ko_rule", "parameters": { "threshold": 1 } }'),
    ...Object.fromEntries(await Promise.all(pictures)),
  });
  station = await startStation(root);
});

describe('activating a config', () => {
  it('lets the running inspections end under the config they started with', async () => {
    const before = await Promise.all(Array.from({ length: 20 }, () => station.trigger()));
    expect((await station.activate('other')).status).toBe(200);
    const after = await Promise.all(Array.from({ length: 4 }, () => station.trigger()));
    const states = await Promise.all(before.map((id) => station.get(`/items/${id}/state`)));
    expect(states).not.toEqual(states.map(() => 'Done'));
    for (const id of before) {
      const item = await station.done(id);
      expect(item).toMatchObject({ station_config: 'line', decision: 'OK', error: null, binaries: ['top.jpg'] });
      expect(Object.keys(item.inferences)).toEqual(['top']);
    }
    for (const id of after) {
      expect(await station.done(id)).toMatchObject({
        station_config: 'other',
        decision: 'OK',
        binaries: ['other.jpg'],
      });
    }
  });

  it.each([
    ['an empty name', { config_name: '' }, 403, /^No configuration selected!$/],
    ['an unknown name', { config_name: 'lien' }, 404, /lien/],
    ['a name that climbs out', { config_name: '../inventory' }, 404, /inventory/],
    ['a broken config', { config_name: 'broken' }, 422, /item_rule/],
    ['a body of another kind', { name: 'line' }, 422, /config_name/],
    ['no body', undefined, 422, /config_name|object/],
    ['malformed JSON', '{', 422, /JSON/],
  ])('is refused for %s and changes nothing', async (_what, body, status, message) => {
    const before = await station.get('/configs/active');
    const answer = await station.request('POST', '/configs/active', body);
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { message: string }).message).toMatch(message);
    expect(await station.get('/configs/active')).toEqual(before);
  });
});

describe('the cameras of a station', () => {
  it('take the pictures of an item together, and in the order of the triggers', async () => {
    await station.activate('numbers');
    const ids: string[] = [];
    for (let count = 0; count < 30; count += 1) ids.push(await station.trigger({ serial_number: `N ${count}` }));
    for (const [index, id] of ids.entries()) {
      await station.done(id);
      const expected = await picture(COLOURS[index % COLOURS.length] ?? '');
      for (const camera of ['1', '2']) {
        const binary = await station.request('GET', `/items/${id}/binaries/${camera}`);
        expect(Buffer.from(await binary.arrayBuffer()).equals(expected)).toBe(true);
      }
    }
    const listed = await station.get<Item[]>('/items?limit=30&station_config=numbers');
    expect(listed.map(({ id }) => id)).toEqual(ids.toReversed());
  });

  it('are in the order of the file: the first one takes the picture called "image"', async () => {
    await station.activate('numbers');
    const { binaries } = await station.inspected(form({ image: await picture('red', { format: 'png' }) }));
    expect([...binaries].sort()).toEqual(['1.jpg', '2.png']);
  });
});

describe('the files of the root', () => {
  it('are read afresh: a new config can be activated, a broken one is told of, and both leave the others alone', async () => {
    const events = await listenToEvents(station.url);
    const written = { $schema: 'x', name: 'New', description: 'free text', ...stationConfig({ top: oneCamera() }) };
    writeFiles(root, { 'config/station_configs/new.json': written });
    expect(await station.get('/configs')).toMatchObject({ new: written, line: expect.anything() });
    const answer = await station.activate('new');
    expect([answer.status, await answer.json()]).toEqual([200, written]);
    expect(await station.get('/configs/active')).toEqual(written);
    await events.until((received) => received.some(({ event, data }) => event === 'config' && data.active === 'new'));
    events.close();
    writeFiles(root, { 'config/station_configs/new.json': '{ "cameras": {}, ' });
    expect(Object.keys((await station.get('/configs')) as object)).not.toContain('new');
    const diagnostics = await station.get<Diagnostic[]>('/configs/diagnostics');
    const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ file }) => file);
    expect([...new Set(errors)].sort()).toEqual([
      'config/station_configs/broken.json',
      'config/station_configs/new.json',
    ]);
    // what is active stays as it was read
    expect(await station.get('/configs/active')).toEqual(written);
    expect(await station.inspected()).toMatchObject({ station_config: 'new', decision: 'OK' });
    rmSync(join(root, 'config/station_configs/new.json'));
    expect(await station.inspected()).toMatchObject({ station_config: 'new', decision: 'OK' });
  });

  it('are shown as written', async () => {
    expect(await station.get('/inventory')).toEqual(INVENTORY);
  });
});

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../src/domain/item.ts';
import { anyLabel, form, newEdgeRoot, oneCamera, picture, stationConfig } from './edge-root.test-support.ts';
import { listenToEvents } from './events.test-support.ts';
import { type StationProcess, startStation } from './station-process.test-support.ts';

const STATES = ['Capture', 'Save Binaries', 'Inference', 'Decision', 'Done'];

let root: string;
let station: StationProcess;

beforeAll(async () => {
  const camera = { exposition: 100, brightness: null, position: 'front' };
  root = newEdgeRoot({
    'config/edge.json': { model_forward: { type: 'fake', seed: 7 }, active_config: 'two_cameras' },
    'config/station_configs/two_cameras.json': stationConfig({
      front: oneCamera(camera),
      back: {
        type: 'fake',
        source: 'plates',
        models_graph: { find: { name: 'finder' }, sort: { name: 'sorter', depends_on: ['find'] } },
        camera_rule: { name: 'unexpected_label_rule', parameters: { unexpected_label: ['broken'] } },
      },
    }),
    'config/station_configs/no_camera.json': stationConfig({}),
    'config/station_configs/away.json': stationConfig({
      here: oneCamera({ camera_rule: anyLabel('good', 'bad') }),
      gone: oneCamera({}, 'removed'),
    }),
    'config/station_configs/away_ko.json': stationConfig({
      here: oneCamera({ camera_rule: anyLabel('none of the labels') }),
      gone: oneCamera({}, 'removed'),
    }),
  });
  station = await startStation(root, { env: { TZ: 'Asia/Kolkata' } });
});

describe('an inspection', () => {
  it('has every key of an item with its meaning', async () => {
    const before = Date.now();
    const item = await station.inspected({ serial_number: 'SN 1', category: 'phone' });
    expect(Object.keys(item)).toEqual(
      expect.arrayContaining([
        ...['id', 'serial_number', 'category', 'station_config', 'cameras', 'received_time', 'inferences'],
        ...['decision', 'state', 'error', 'received_at', 'camera_decisions', 'timings_ms', 'warnings'],
        ...['config_digest', 'models'],
      ]),
    );
    expect(item).toMatchObject({
      serial_number: 'SN 1',
      category: 'phone',
      station_config: 'two_cameras',
      cameras: {
        front: { brightness: null, exposition: 100, position: 'front', source: 'plates' },
        back: { brightness: null, exposition: null, position: null, source: 'plates' },
      },
      decision: 'OK',
      state: 'Done',
      error: null,
      warnings: [],
      models: { sorter: { name: 'sorter', version: '1' }, finder: { name: 'finder', version: '1' } },
    });
    expect(item.received_time).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
    const local = Date.parse(`${item.received_time.replace(' ', 'T')}+05:30`);
    expect(local).toBeGreaterThan(before - 1_000);
    expect(local).toBeLessThanOrEqual(Date.now());
    expect(item.received_at).toMatch(/\+05:30$/);
    expect(Math.floor(Date.parse(item.received_at) / 1_000)).toBe(local / 1_000);
    for (const step of ['capture', 'save_binaries', 'inference', 'decision']) {
      expect(item.timings_ms[step]).toBeGreaterThanOrEqual(0);
    }
  });

  it('says of each camera what it decided and why', async () => {
    const { camera_decisions, inferences } = await station.inspected();
    expect(camera_decisions).toEqual({
      front: { decision: 'OK', reason: expect.stringMatching(/good|bad/) },
      back: { decision: 'OK', reason: expect.any(String) },
    });
    expect(inferences.front?.sort).toEqual({
      full_image: { label: expect.stringMatching(/good|bad/), probability: expect.any(Number) },
    });
  });

  it('names the objects of a detector and the crops of the model behind it alike', async () => {
    for (let count = 0; count < 6; count += 1) {
      const { find, sort } = (await station.inspected()).inferences.back as Item['inferences'][string];
      expect(Object.keys(sort ?? {})).toEqual(Object.keys(find ?? {}));
      for (const [id, result] of Object.entries(find ?? {})) {
        expect(id).toMatch(/^object_\d+$/);
        expect(result).toMatchObject({ label: expect.stringMatching(/cap|pen/), score: expect.any(Number) });
        const location = (result as { location: number[] }).location;
        expect(location).toHaveLength(4);
        for (const edge of location) expect(edge).toBe(Number(edge.toFixed(4)));
      }
    }
  });

  it('exists in the list and by its id from the moment its trigger is answered', async () => {
    const id = await station.trigger();
    const [item, [newest], state] = await Promise.all([
      station.get<Item>(`/items/${id}`),
      station.get<Item[]>('/items?limit=1'),
      station.get(`/items/${id}/state`),
    ]);
    expect(item.id).toBe(id);
    expect(newest?.id).toBe(id);
    expect(STATES).toContain(state);
    await station.done(id);
  });

  it('is on disk as it is answered: metadata.json and the pictures as captured', async () => {
    const item = await station.inspected();
    const folder = join(root, 'data/storage/two_cameras', item.id);
    expect(readdirSync(folder).sort()).toEqual(['back.jpg', 'front.jpg', 'metadata.json']);
    expect(JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))).toEqual(item);
    expect(await station.get(`/items/${item.id}`)).toEqual(item);
    const captured = readFileSync(join(root, 'data/plates/grey.jpg'));
    expect(readFileSync(join(folder, 'front.jpg'))).toEqual(captured);
    expect(((await station.get(`/items/${item.id}/binaries`)) as string[]).sort()).toEqual(['back.jpg', 'front.jpg']);
    const binary = await station.request('GET', `/items/${item.id}/binaries/front`);
    expect(binary.headers.get('content-type')).toBe('image/jpeg');
    expect(binary.headers.get('cache-control')).toMatch(/max-age=[1-9]/);
    expect(Buffer.from(await binary.arrayBuffer())).toEqual(captured);
  });

  it('can be traced to the config it ran under by the digest of that', async () => {
    const { config_digest: digest } = await station.inspected();
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const kept = readdirSync(join(root, 'data/configs')).find((name) => name.startsWith(String(digest)));
    const bytes = readFileSync(join(root, 'data/configs', String(kept)));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
  });

  it('tells every state from Capture on, in order, to whoever listens', async () => {
    const events = await listenToEvents(station.url);
    const ids = await Promise.all(Array.from({ length: 12 }, () => station.trigger()));
    const isDone = (id: string) => events.received.some(({ data }) => data.item_id === id && data.state === 'Done');
    await events.until(() => ids.every(isDone));
    for (const id of ids) {
      const own = events.received.filter(({ data }) => data.item_id === id);
      expect(own.map(({ data }) => data.state)).toEqual(STATES);
      expect(own.map(({ event }) => event)).toEqual(STATES.map(() => 'item'));
      expect(own.slice(0, 4).map(({ data }) => data.decision)).toEqual([null, null, null, null]);
      expect(own[4]?.data).toMatchObject({ decision: 'OK', station_config: 'two_cameras' });
      expect(Date.parse(own[4]?.data.at ?? '')).not.toBeNaN();
    }
    events.close();
  });

  it('is told again from the event after the last one that a listener has seen', async () => {
    const events = await listenToEvents(station.url);
    await station.inspected();
    const seen = [...(await events.until((received) => received.length >= 5))];
    events.close();
    const id = await station.trigger();
    await station.done(id);
    const resumed = await listenToEvents(station.url, seen[2]?.id);
    const missed = await resumed.until((received) => received.length >= 7);
    expect(missed.slice(0, 2)).toEqual(seen.slice(3, 5));
    expect(missed.slice(2).map(({ data }) => data.item_id)).toEqual([id, id, id, id, id]);
    resumed.close();
  });

  it('never goes back a state while it is asked for', async () => {
    const id = await station.trigger();
    const seen: number[] = [];
    do seen.push(STATES.indexOf((await station.get(`/items/${id}/state`)) as string));
    while (seen.at(-1) !== 4);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});

describe('a picture that comes with the trigger', () => {
  it('as "image" takes the place of the first camera, the others capture', async () => {
    const blue = await picture('blue', { format: 'png' });
    const item = await station.inspected(form({ image: blue, serial_number: 'SN 2', category: 'cap' }));
    expect(item).toMatchObject({ serial_number: 'SN 2', category: 'cap', decision: 'OK', error: null });
    expect(Object.keys(item.cameras)).toEqual(['front', 'back']);
    expect([...item.binaries].sort()).toEqual(['back.jpg', 'front.png']);
    const binary = await station.request('GET', `/items/${item.id}/binaries/front`);
    expect(binary.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await binary.arrayBuffer())).toEqual(blue);
  });

  it('under the id of a camera takes the place of that one', async () => {
    const { binaries } = await station.inspected(form({ back: await picture('blue', { format: 'webp' }) }));
    expect([...binaries].sort()).toEqual(['back.webp', 'front.jpg']);
  });

  it.each([
    ['a file of another name', () => form({ side: new Uint8Array([1]) }), 422],
    ['a text where the picture belongs', () => form({ image: 'text' }), 422],
    ['a file where a text belongs', () => form({ serial_number: new Uint8Array([1]) }), 422],
    ['two pictures for one camera', () => form({ image: new Uint8Array([1]), front: new Uint8Array([2]) }), 422],
    ['a number as serial number', () => ({ serial_number: 1 }), 422],
    ['JSON that is no object', () => '[]', 422],
    ['malformed JSON', () => '{"serial_number":', 400],
  ])('is refused: %s', async (_what, body, status) => {
    const newest = async () => (await station.get<Item[]>('/items?limit=1'))[0]?.id;
    const before = await newest();
    const answer = await station.request('POST', '/trigger', body());
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({ status, code: expect.any(String), message: expect.any(String) });
    expect(await newest()).toBe(before);
  });

  it('is kept and not inspected where it is no picture, and the item is never OK', async () => {
    const item = await station.inspected(form({ image: Buffer.from('no picture at all') }));
    expect(item).toMatchObject({ decision: 'NO_DECISION', state: 'Done' });
    expect(item.error).toContain('front');
    expect([...item.binaries].sort()).toEqual(['back.jpg', 'front.bin']);
    expect(Object.keys(item.inferences)).toEqual(['back']);
    const binary = await station.request('GET', `/items/${item.id}/binaries/front`);
    expect(await binary.text()).toBe('no picture at all');
  });

  it('can be uploaded without an inspection', async () => {
    const jpeg = await picture('red');
    const answer = await station.request('POST', '/upload', form({ image: jpeg }));
    const { item_id: id } = (await answer.json()) as { item_id: string };
    const item = await station.done(id);
    expect(item).toMatchObject({ decision: null, error: null, inferences: {}, binaries: ['0.jpg'] });
    const binary = await station.request('GET', `/items/${id}/binaries/0`);
    expect(Buffer.from(await binary.arrayBuffer())).toEqual(jpeg);
    expect((await station.request('POST', '/upload', form({ image: 'text' }))).status).toBe(422);
    expect((await station.request('POST', '/upload')).status).toBe(422);
  });
});

describe('the list of items', () => {
  it('gives each item once over its pages while more arrive', async () => {
    for (let count = 0; count < 7; count += 1) await station.trigger({ serial_number: 'paged' });
    const before = await station.get<Item[]>('/items?limit=1000');
    const seen: string[] = [];
    let path: string | undefined = '/items?limit=3';
    while (path !== undefined) {
      const answer = await station.request('GET', path);
      seen.push(...((await answer.json()) as Item[]).map(({ id }) => id));
      const link = /<\/api\/v1([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
      path = link;
      await station.trigger({ serial_number: 'later' });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(before.map(({ id }) => id));
  });

  it('holds what its filters ask for', async () => {
    const id = await station.trigger({ serial_number: 'only one' });
    const item = await station.done(id);
    const ids = async (query: Record<string, string>) =>
      (await station.get<Item[]>(`/items?${new URLSearchParams(query)}`)).map((found) => found.id);
    expect(await ids({ serial_number: 'only one' })).toEqual([id]);
    expect(await ids({ serial_number: 'only one', decision: 'KO' })).toEqual([]);
    expect(await ids({ serial_number: 'only one', state: 'Done', decision: 'OK' })).toEqual([id]);
    expect(await ids({ station_config: 'nowhere' })).toEqual([]);
    expect(await ids({ from: item.received_at, to: item.received_at })).toContain(id);
    expect(await ids({ from: '2020-01-01', to: '2020-01-02' })).toEqual([]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=!', 'decision=MAYBE', 'state=Gone', 'from=yesterday'])(
    'refuses %s with 422',
    async (query) => expect((await station.request('GET', `/items?${query}`)).status).toBe(422),
  );
});

describe('the page of the API', () => {
  it('is served with everything it loads, and the description of OpenAPI 3.1', async () => {
    const page = await fetch(`${station.url}/docs/`);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const html = await page.text();
    const loaded = [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)].map(
      ([, address = '']) => address,
    );
    expect(loaded.length).toBeGreaterThan(2);
    for (const address of loaded) {
      const asset = new URL(address, page.url);
      expect(asset.origin).toBe(station.url);
      expect([address, (await fetch(asset)).status]).toEqual([address, 200]);
    }
    const described = (await (await fetch(`${station.url}/docs/json`)).json()) as { openapi: string; paths: object };
    expect(described.openapi).toMatch(/^3\.1/);
    for (const path of ['/trigger', '/upload', '/items', '/items/{id}/binaries/{camera_id}', '/configs/active']) {
      expect(Object.keys(described.paths)).toContain(`/api/v1${path}`);
    }
  });

  it.each([
    ['GET', '/nothing', 404],
    ['DELETE', '/items', 405],
    ['GET', '/trigger', 405],
    ['GET', '/items/%2e%2e%2f%2e%2e%2fconfig', 404],
    ['GET', '/items/no-such-item', 404],
    ['GET', '/items/no-such-item/state', 404],
    ['GET', '/items/no-such-item/binaries', 404],
    ['GET', '/items/no-such-item/binaries/front', 404],
  ])('%s %s is answered with %i and the problem', async (method, path, status) => {
    const answer = await station.request(method, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const { code, message, detail } = (await answer.json()) as Record<string, string>;
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(message).toBe(detail);
  });

  it('says that the station is there', async () => {
    for (const path of ['', '/']) expect(await station.get(path)).toBe('the edge orchestrator is up and running');
  });
});

describe('a camera that gives no picture', () => {
  it('leaves the item undecided where the others are OK, and is named in its error', async () => {
    expect((await station.activate('away')).status).toBe(200);
    const ready = await station.request('GET', '/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('gone');
    const item = await station.inspected();
    expect(item.decision).toBe('NO_DECISION');
    expect(item.error).toMatch(/camera "gone".*"removed"/);
    expect(Object.keys(item.inferences)).toEqual(['here']);
    expect(item.camera_decisions.here?.decision).toBe('OK');
    expect(item.camera_decisions.gone?.decision).toBe('NO_DECISION');
  });

  it('leaves KO what the others suffice for', async () => {
    expect((await station.activate('away_ko')).status).toBe(200);
    expect(await station.inspected()).toMatchObject({ decision: 'KO', error: expect.stringContaining('gone') });
  });

  it('takes pictures again as soon as its folder is there', async () => {
    await station.activate('away');
    const { mkdirSync, writeFileSync } = await import('node:fs');
    mkdirSync(join(root, 'data/removed'));
    expect((await station.inspected()).error).toContain('holds no .jpg or .png picture');
    writeFileSync(join(root, 'data/removed/one.png'), await picture('red', { format: 'png' }));
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
    expect((await station.request('GET', '/health/ready')).status).toBe(200);
  });
});

describe('a config without cameras', () => {
  it('decides nothing', async () => {
    expect((await station.activate('no_camera')).status).toBe(200);
    expect(await station.inspected()).toMatchObject({ decision: 'NO_DECISION', cameras: {}, error: null });
  });
});

describe('a station that starts again', () => {
  it('has its items, their pictures and the config that was active', async () => {
    await station.activate('away');
    const item = await station.inspected({ serial_number: 'before' });
    await station.activate('two_cameras');
    expect(Buffer.from(await (await station.request('GET', `/items/${item.id}/binaries/here`)).arrayBuffer())).toEqual(
      readFileSync(join(root, 'data/plates/grey.jpg')),
    );
    const active = await station.get('/configs/active');
    expect(await station.stop()).toBe(0);
    station = await startStation(root);
    expect(await station.get('/configs/active')).toEqual(active);
    expect(await station.get(`/items/${item.id}`)).toEqual(item);
    expect(await station.get('/items?serial_number=before')).toEqual([item]);
    const binary = await station.request('GET', `/items/${item.id}/binaries/here`);
    expect(Buffer.from(await binary.arrayBuffer())).toEqual(readFileSync(join(root, 'data/plates/grey.jpg')));
  });
});

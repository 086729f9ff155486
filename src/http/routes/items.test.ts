import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { type TestServer, testServer } from '../test-server.test-support.ts';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10]);

const LONG = 'x'.repeat(400);

/** Items `a` (the oldest, 10:00 UTC) to `e` (14:00 UTC). */
function stationWithFiveItems(options = {}): TestServer {
  const server = testServer(options);
  server.orchestrator.add({ id: 'a', decision: 'KO', serial_number: 'SN 1&2' });
  server.orchestrator.add({ id: 'b', decision: 'NO_DECISION', station_config: 'back' });
  server.orchestrator.add({ id: 'c' }, [{ name: 'cam1.jpg', mediaType: 'image/jpeg', bytes: JPEG }]);
  server.orchestrator.add({ id: 'd', decision: null, state: 'Inference' });
  server.orchestrator.add({ id: 'e', decision: 'KO' });
  return server;
}

const idsOf = (body: string): string[] => JSON.parse(body).map(({ id }: { id: string }) => id);

describe('GET /items', () => {
  it.each([
    ['', 'edcba'],
    ['?decision=KO', 'ea'],
    ['?decision=NO_DECISION', 'b'],
    ['?state=Inference', 'd'],
    ['?state=Save%20Binaries', ''],
    ['?station_config=back', 'b'],
    ['?serial_number=SN+1%262', 'a'],
    ['?limit=2', 'ed'],
    ['?limit=1000', 'edcba'],
    ['?from=2024-04-02T12:00:00Z', 'edc'],
    ['?to=2024-04-02T12:00:00Z', 'cba'],
    ['?from=2024-04-02T11:00:00.000Z&to=2024-04-02T12:00Z', 'cb'],
    ['?from=2024-04-02T14:00:00+02:00', 'edc'],
    ['?from=2024-04-02T14:00:00%2B02:00', 'edc'],
    ['?from=2024-04-01&to=2024-04-03', 'edcba'],
    ['?from=2024-04-04', ''],
  ])('%s lists "%s", newest first', async (query, ids) => {
    const answer = await stationWithFiveItems().app.inject(`/api/v1/items${query}`);
    expect(answer.statusCode).toBe(200);
    expect(idsOf(answer.body).join('')).toBe(ids);
  });

  it('gives whole items', async () => {
    const { app, orchestrator } = stationWithFiveItems();
    const [newest] = (await app.inject('/api/v1/items?limit=1')).json();
    expect(newest).toEqual(await orchestrator.items.find('e'));
  });

  it('gives 100 where no limit is named', async () => {
    const { app, orchestrator } = testServer();
    for (let index = 0; index < 101; index += 1) orchestrator.add({ id: `item-${index}` });
    expect((await app.inject('/api/v1/items')).json()).toHaveLength(100);
  });

  it('leads from page to page by its Link header, with the same filter', async () => {
    const { app, orchestrator } = testServer();
    for (let index = 0; index < 5; index += 1) orchestrator.add({ id: `i${index}`, serial_number: 'ä&b c+d' });
    orchestrator.add({ id: 'other' });
    const pages: string[][] = [];
    let url: string | undefined =
      '/api/v1/items/?serial_number=%C3%A4%26b+c%2Bd&limit=2&to=2030-01-01T00:00:00%2B02:00';
    while (url !== undefined) {
      const answer: LightMyRequestResponse = await app.inject(url);
      pages.push(idsOf(answer.body));
      url = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers.link))?.[1];
    }
    expect(pages).toEqual([['i4', 'i3'], ['i2', 'i1'], ['i0']]);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=ten',
    'limit=1.0',
    'limit=1e2',
    'limit=',
    'limit=%zz',
    'limit=5&limit=6',
    'decision=ok',
    'decision=',
    'decision=OK&decision=KO',
    'state=Finished',
    'cursor=',
    'cursor=garbage',
    'from=yesterday',
    'from=2024-02-30',
    'to=2024-04-02T25:00',
    'to=',
    'limt=5',
    '__proto__=1',
    'limit[]=5',
  ])('refuses ?%s', async (query) => {
    const answer = await stationWithFiveItems().app.inject(`/api/v1/items?${query}`);
    expect(answer.statusCode).toBe(422);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 422, code: 'REQUEST_INVALID' });
  });

  it('names everything that is wrong with a query', async () => {
    const answer = await testServer().app.inject('/api/v1/items?limit=0&decision=MAYBE&limt=5');
    expect(answer.json().message).toMatch(/limit: .*decision: .*limt/);
  });
});

describe('GET /items/{id}', () => {
  it('gives the item', async () => {
    const { app, orchestrator } = stationWithFiveItems();
    expect((await app.inject('/api/v1/items/c')).json()).toEqual(await orchestrator.items.find('c'));
  });

  it('gives its state as a JSON string', async () => {
    const answer = await stationWithFiveItems().app.inject('/api/v1/items/d/state/');
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toBe('"Inference"');
  });

  it('gives the names of its pictures', async () => {
    const { app } = stationWithFiveItems();
    expect((await app.inject('/api/v1/items/c/binaries')).json()).toEqual(['cam1.jpg']);
    expect((await app.inject('/api/v1/items/d/binaries')).json()).toEqual([]);
  });

  it.each(['', '/state', '/binaries', '/binaries/cam1'])('%s of an unknown item is not found', async (rest) => {
    const answer = await stationWithFiveItems().app.inject(`/api/v1/items/unknown${rest}`);
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'ITEM_NOT_FOUND', message: 'no item "unknown"' });
  });

  it.each([
    '..%2f..%2fetc%2fpasswd',
    '..%2f',
    '..%5c..',
    'a%00',
    '%00',
    'a%2fb',
    '-a',
    LONG,
    '%F0%9F%92%A9',
    '__proto__%20',
  ])('%s reaches no storage', async (id) => {
    const { app, orchestrator } = stationWithFiveItems();
    orchestrator.failWith(new Error('an id from outside went further than it may'));
    for (const url of [`/api/v1/items/${id}`, `/api/v1/items/${id}/state`, `/api/v1/items/${id}/binaries`]) {
      expect((await app.inject(url)).json()).toMatchObject({ status: 404, code: 'ITEM_NOT_FOUND' });
    }
  });
});

describe('GET /items/{id}/binaries/{camera_id}', () => {
  it('gives the bytes as captured, to be kept for good', async () => {
    const answer = await stationWithFiveItems().app.inject('/api/v1/items/c/binaries/cam1');
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload).toEqual(JPEG);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': '6',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
  });

  it('gives bytes that are no image as such, and picture "0" of an upload', async () => {
    const { app, orchestrator } = testServer();
    const bytes = Buffer.from('<script>');
    orchestrator.add({ id: 'a' }, [{ name: '0.bin', mediaType: 'application/octet-stream', bytes }]);
    const answer = await app.inject('/api/v1/items/a/binaries/0');
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.body).toBe('<script>');
  });

  it('gives a view of a larger buffer as that view', async () => {
    const { app, orchestrator } = testServer();
    const bytes = new Uint8Array(Uint8Array.from([9, 9, 1, 2, 3, 9]).buffer, 2, 3);
    orchestrator.add({ id: 'a' }, [{ name: 'cam1.png', mediaType: 'image/png', bytes }]);
    expect([...(await app.inject('/api/v1/items/a/binaries/cam1')).rawPayload]).toEqual([1, 2, 3]);
  });

  it('does not send again what the client has', async () => {
    const { app } = stationWithFiveItems();
    const url = '/api/v1/items/c/binaries/cam1';
    const etag = String((await app.inject(url)).headers.etag);
    for (const known of [etag, `"x", W/${etag}`, '*']) {
      const answer = await app.inject({ url, headers: { 'if-none-match': known } });
      expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', etag]);
    }
    expect((await app.inject({ url, headers: { 'if-none-match': '"x"' } })).statusCode).toBe(200);
  });

  it('lets no shared cache keep what a key is asked for', async () => {
    const { app } = stationWithFiveItems({ apiKey: 'secret' });
    const headers = { authorization: 'Bearer secret' };
    const answer = await app.inject({ url: '/api/v1/items/c/binaries/cam1', headers });
    expect(answer.headers['cache-control']).toBe('private, max-age=31536000, immutable');
  });

  it.each(['cam2', 'cam1.jpg', '..%2fcam1', 'cam1%00', LONG])('%s is not found', async (camera) => {
    const answer = await stationWithFiveItems().app.inject(`/api/v1/items/c/binaries/${camera}`);
    expect(answer.json()).toMatchObject({ status: 404, code: 'BINARY_NOT_FOUND' });
  });
});

describe('the delivery of an item', () => {
  it('is asked for by its id', async () => {
    const { app, orchestrator } = testServer();
    orchestrator.add({ id: 'item-1' });
    const answer = await app.inject('/api/v1/items/item-1/delivery');
    expect([answer.statusCode, answer.json()]).toEqual([200, { item_id: 'item-1', on_station: true, deliveries: [] }]);
  });

  it.each(['unknown', '%2e%2e', '..%2f..'])('of %s is a 404', async (id) => {
    const answer = await testServer().app.inject(`/api/v1/items/${id}/delivery`);
    expect(answer.statusCode).toBe(404);
  });
});

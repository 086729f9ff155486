import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newEdgeRoot, oneCamera, picture, stationConfig } from './edge-root.test-support.ts';
import { runCommand, type StationProcess, startStation } from './station-process.test-support.ts';

const SECRET = 'Xq7-not-for-anyone';

/** Everything that a station says and writes. */
async function everythingOf(
  station: StationProcess,
  root: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const paths = ['/items', '/inventory', '/configs', '/configs/diagnostics', '/configs/active', '/health/ready'];
  const answers = await Promise.all(
    paths.map(async (path) => (await station.request('GET', path, undefined, headers)).text()),
  );
  const files = readdirSync(join(root, 'data'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, 'data', name))
    .filter((file) => statSync(file).isFile());
  return [...answers, station.stdout(), station.stderr(), ...files.map((file) => readFileSync(file, 'latin1'))].join(
    '\n',
  );
}

describe.concurrent('a value that a config takes from the environment', () => {
  it('works, and is never shown: not by the API, nor in items, files or logs', async () => {
    const folder = '${PICTURE_FOLDER}';
    const root = newEdgeRoot({
      'config/station_configs/line.json': {
        description: 'for ${CUSTOMER}',
        ...stationConfig({
          top: oneCamera({ position: 'at ${CUSTOMER}' }, folder),
          gone: oneCamera({}, '${CUSTOMER}'),
        }),
      },
    });
    mkdirSync(join(root, 'pictures'));
    const station = await startStation(root, { env: { CUSTOMER: SECRET, PICTURE_FOLDER: 'plates' } });
    const item = await station.inspected();
    expect(item.inferences).toHaveProperty('top');
    expect(item).toMatchObject({
      cameras: { top: { position: 'at ${CUSTOMER}', source: folder }, gone: { source: '${CUSTOMER}' } },
      error: expect.stringContaining('${CUSTOMER}'),
    });
    expect(await station.get('/configs/active')).toMatchObject({ description: 'for ${CUSTOMER}' });
    expect(await everythingOf(station, root)).not.toContain(SECRET);
    await station.stop();
    expect(await everythingOf(station, root).catch(() => station.stderr())).not.toContain(SECRET);
  });

  it('that is not set is an error of the file, which names the variable', async () => {
    const root = newEdgeRoot({
      'config/station_configs/line.json': stationConfig({ top: oneCamera({}, '${NO_SUCH}') }),
    });
    const { status, stdout } = await runCommand(['check', '--root', root]);
    expect(status).toBe(1);
    expect(stdout).toContain('NO_SUCH');
  });
});

describe.concurrent('user and password of the model server', () => {
  it.each([
    ['from the environment', { type: 'tf_serving' }, { SERVING_MODEL_URL: `http://someone:${SECRET}@127.0.0.1:9/` }],
    ['in edge.json', { type: 'tf_serving', url: `http://someone:${SECRET}@127.0.0.1:9` }, {}],
    ['in a variable', { type: 'tf_serving', url: 'http://${LOGIN}@127.0.0.1:9' }, { LOGIN: `someone:${SECRET}` }],
  ])('are never shown: %s', async (_where, modelForward, env) => {
    const root = newEdgeRoot({ 'config/edge.json': { model_forward: modelForward, active_config: 'line' } });
    const station = await startStation(root, { env });
    const ready = await station.request('GET', '/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('127.0.0.1:9');
    const item = await station.inspected();
    expect(item).toMatchObject({ decision: 'NO_DECISION', error: expect.stringContaining('sorter') });
    const everything = await everythingOf(station, root);
    expect(everything).not.toContain(SECRET);
    expect(everything).not.toContain('someone');
    await station.stop();
  });
});

describe.concurrent('a host beyond this machine', () => {
  it.each(['0.0.0.0', '::'])('is not served without EDGE_API_KEY: %s', async (host) => {
    const root = newEdgeRoot();
    const { status, stdout, stderr } = await runCommand(['serve', '--root', root, '--port', '0', '--host', host]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('EDGE_API_KEY');
  });

  it('from edge.json is not served without EDGE_API_KEY either', async () => {
    const server = { host: '0.0.0.0' };
    const root = newEdgeRoot({ 'config/edge.json': { model_forward: { type: 'fake' }, server } });
    expect((await runCommand(['serve', '--root', root, '--port', '0'])).status).toBe(1);
  });

  it('asks for the key everywhere but at the health of the station, and never shows it', async () => {
    const root = newEdgeRoot();
    const station = await startStation(root, { args: ['--host', '0.0.0.0'], env: { EDGE_API_KEY: SECRET } });
    const bearer = { authorization: `Bearer ${SECRET}` };
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/items'],
      ['GET', '/configs/active'],
      ['GET', '/events'],
      ['GET', '/inventory'],
      ['POST', '/trigger'],
      ['POST', '/configs/active'],
    ] as const) {
      const refused = await station.request(method, path);
      expect([path, refused.status]).toEqual([path, 401]);
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect((await station.request(method, path, undefined, { authorization: `Bearer ${SECRET}x` })).status).toBe(401);
    }
    for (const path of ['/health/live', '/health/ready']) expect((await station.request('GET', path)).status).toBe(200);
    const accepted = await station.request('POST', '/trigger', form, bearer);
    expect(accepted.status).toBe(200);
    expect(await everythingOf(station, root, bearer)).not.toContain(SECRET);
    await station.stop();
  });
});

describe.concurrent('this machine alone', () => {
  it('is asked for no key, even when there is one', async () => {
    const station = await startStation(newEdgeRoot(), { env: { EDGE_API_KEY: SECRET } });
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    await station.stop();
  });
});

const form = new FormData();
form.set('image', new Blob([Uint8Array.from(await picture('red'))]), 'red.jpg');

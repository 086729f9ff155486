import { describe, expect, it } from 'vitest';
import { colourClassifier, type Port } from '../src/adapters/model-forwards/embedded/onnx-file.test-support.ts';
import { anyLabel, newEdgeRoot, oneCamera, picture, RULES, stationConfig } from './edge-root.test-support.ts';
import { runCommand, startModelServer, startStation } from './station-process.test-support.ts';

const INPUT: Port = { name: 'image', shape: [1, 32, 32, 3] };
const inventory = {
  cameras: ['fake'],
  models: {
    colour: { category: 'classification', class_names: ['red', 'green', 'blue'], image_resolution: [32, 32] },
  },
  ...RULES,
};
const line = stationConfig({
  top: oneCamera({ models_graph: { colour: { name: 'colour' } }, camera_rule: anyLabel('red') }),
});

const modelRoot = (): string =>
  newEdgeRoot({
    'config/edge.json': {},
    'config/inventory.json': inventory,
    'config/station_configs/line.json': line,
    'models/colour/model.onnx': colourClassifier(INPUT, 'NHWC'),
  });

async function stationOn(url: string) {
  return await startStation(
    newEdgeRoot({
      'config/edge.json': { model_forward: { type: 'tf_serving', timeout_ms: 5_000 }, active_config: 'line' },
      'config/inventory.json': inventory,
      'config/station_configs/line.json': line,
      'data/plates/grey.jpg': await picture('red'),
    }),
    { env: { SERVING_MODEL_URL: url } },
  );
}

describe('serve-models', () => {
  it('runs the models of a station that has none; while it is away items fail by name, and then go on', async () => {
    const root = modelRoot();
    const server = await startModelServer(root);
    const station = await stationOn(server.url);
    for (let item = 0; item < 3; item += 1) {
      expect(await station.inspected()).toMatchObject({
        decision: 'OK',
        error: null,
        inferences: { top: { colour: { full_image: { label: 'red' } } } },
      });
    }

    expect(await server.stop()).toBe(0);
    const undecided = await station.inspected();
    expect(undecided).toMatchObject({ state: 'Done', decision: 'NO_DECISION', inferences: {} });
    expect(undecided.error).toMatch(/camera "top".*colour.*model server .* cannot be reached/);
    expect((await station.request('GET', '/health/ready')).status).toBe(503);

    const { port } = new URL(server.url);
    await startModelServer(root, { args: ['--port', port] });
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    expect((await station.request('GET', '/health/ready')).status).toBe(200);
  });

  it('serves other machines only with a key, which a station sends as the password of the address', async () => {
    const root = modelRoot();
    const refused = await runCommand(['serve-models', '--root', root, '--host', '0.0.0.0', '--port', '0']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/set EDGE_API_KEY/);

    const server = await startModelServer(root, { args: ['--host', '0.0.0.0'], env: { EDGE_API_KEY: 'secret' } });
    const address = server.url.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${address}/v1/models/colour`)).status).toBe(401);
    expect((await fetch(`${address}/health/ready`)).status).toBe(200);
    const station = await stationOn(address.replace('http://', 'http://station:secret@'));
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
  });

  it('ends with what is wrong when there is nothing to serve', async () => {
    const ended = await runCommand(['serve-models', '--root', newEdgeRoot(), '--port', '0']);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/nothing to serve: no model of the inventory has a file under models\//);
  });
});

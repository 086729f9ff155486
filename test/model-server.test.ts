import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../src/domain/item.ts';
import { anyLabel, newEdgeRoot, oneCamera, picture, RULES, stationConfig } from './edge-root.test-support.ts';
import { type StationProcess, startStation } from './station-process.test-support.ts';

interface PredictRequest {
  readonly inputs: readonly number[][][][];
  readonly model_type?: string;
}
type Answer = (body: PredictRequest, response: ServerResponse, request: IncomingMessage) => void;

const json =
  (content: unknown, status = 200): Answer =>
  (_body, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  };
const boxes = [
  [
    [0.1, 0.2, 0.5, 0.6],
    [0, 0, 1, 1],
    [0.3, 0.3, 0.2, 0.4],
    [0.5, 0.5, 1.4, 1.5],
  ],
];

/** What the server answers to the predictions of each model. */
const answers: Record<string, Answer> = {
  sorter: json({ outputs: [[0.2, 0.5, 0.5]] }),
  hangs: () => {},
  dies: (_body, _response, request) => request.socket.destroy(),
  garbage: (_body, response) => response.end('<html>no JSON'),
  refuses: json({ error: 'model is not here' }, 404),
  too_many: json({ outputs: [[0.2, 0.3, 0.1, 0.4]] }),
  no_outputs: json({ predictions: [[1, 0, 0]] }),
  not_numbers: json({ outputs: [['a', 'b', null]] }),
  mobilenet: json({
    outputs: { boxes, scores: [[0.9, 0.39, 0.8, 0.4]], classes: [[2, 1, 1, 1]] },
  }),
  yolo: json({
    outputs: { boxes, scores: [[0.9, 0.39, 0.8, 0.4]], classes: [[1, 0, 0, 0]], meta: [[{ a: 1 }, null, null, null]] },
  }),
  both: json({ outputs: { boxes, scores: [[0.9, 0.39, 0.8, 0.4]], classes: [[1, 0, 0, 0]] } }),
};

const requests: { model: string; path: string; body: PredictRequest }[] = [];
let server: Server;
let station: StationProcess;

const output = { detection_boxes: 'boxes', detection_scores: 'scores', detection_classes: 'classes' };
const classifier = { category: 'classification', class_names: ['a', 'b', 'c'], image_resolution: [8, 6] };
const detector = { category: 'object_detection', class_names: ['cap', 'pen'], image_resolution: [8, 6], output };
const models: Record<string, object> = {
  ...Object.fromEntries(Object.keys(answers).map((name) => [name, classifier])),
  sorter: { ...classifier, version: '7b' },
  mobilenet: detector,
  yolo: { ...detector, model_type: 'yolo', output: { ...output, detection_metadata: 'meta' } },
  both: { ...detector, category: 'object_detection_with_classification', image_resolution: undefined },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const model = /^\/v1\/models\/([^/]+)\/versions\/[^/]+:predict$/.exec(request.url ?? '')?.[1];
    if (model === undefined) return void response.writeHead(404).end('{}');
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const body = JSON.parse(text) as PredictRequest;
      requests.push({ model, path: request.url ?? '', body });
      answers[model]?.(body, response, request);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const graphOf = (name: string) => ({ models_graph: { model: { name } }, camera_rule: anyLabel('b', 'pen', 'cap') });
  station = await startStation(
    newEdgeRoot({
      'config/edge.json': { model_forward: { type: 'tf_serving', timeout_ms: 500 }, active_config: 'sorter' },
      'config/inventory.json': { cameras: ['fake'], models, ...RULES },
      'config/station_configs/line.json': stationConfig({}),
      ...Object.fromEntries(
        Object.keys(models).map((name) => [
          `config/station_configs/${name}.json`,
          stationConfig({ top: oneCamera(graphOf(name)), side: oneCamera(graphOf('sorter')) }),
        ]),
      ),
      'data/plates/grey.jpg': await picture('white', { width: 40, height: 20 }),
    }),
    { env: { SERVING_MODEL_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } },
  );
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
});

async function inspectedWith(model: string): Promise<Item> {
  expect((await station.activate(model)).status).toBe(200);
  return await station.inspected();
}

describe('a model server', () => {
  it('makes the station ready by answering at all, and gets no prediction before a trigger', async () => {
    expect((await station.request('GET', '/health/ready')).status).toBe(200);
    expect(requests).toEqual([]);
  });

  it('classifies what it is sent: floats of the size asked for; the first maximum wins', async () => {
    const item = await inspectedWith('sorter');
    expect(item).toMatchObject({ decision: 'OK', error: null });
    expect(item.inferences.top).toEqual({ model: { full_image: { label: 'b', probability: 0.5 } } });
    const { path, body } = requests.at(-1) ?? {};
    expect(path).toBe('/v1/models/sorter/versions/7b:predict');
    expect(Object.keys(body ?? {})).toEqual(['inputs']);
    const [image = []] = body?.inputs ?? [];
    expect([image.length, image[0]?.length, image[0]?.[0]?.length]).toEqual([6, 8, 3]);
    for (const value of image.flat(2)) expect(value).toBeCloseTo(255 / 127 - 1, 1);
  });

  it('detects with Mobilenet: classes count from 1, y comes first, weak and empty boxes are dropped', async () => {
    const item = await inspectedWith('mobilenet');
    expect(item.inferences.top?.model).toEqual({
      object_1: { label: 'pen', location: [0.2, 0.1, 0.6, 0.5], score: 0.9 },
      object_4: { label: 'cap', location: [0.5, 0.5, 1, 1], score: 0.4 },
    });
    expect(item.warnings.join()).toMatch(/box/);
    const { body } = requests.findLast(({ model }) => model === 'mobilenet') ?? {};
    expect(body?.model_type).toBe('Mobilenet');
    expect([body?.inputs[0]?.length, body?.inputs[0]?.[0]?.length]).toEqual([6, 8]);
    expect(body?.inputs[0]?.[0]?.[0]).toEqual([255, 255, 255]);
  });

  it('detects with yolo: classes count from 0, x comes first, metadata comes along', async () => {
    const item = await inspectedWith('yolo');
    expect(item.inferences.top?.model).toEqual({
      object_1: { label: 'pen', location: [0.1, 0.2, 0.5, 0.6], score: 0.9, metadata: { a: 1 } },
      object_4: { label: 'cap', location: [0.5, 0.5, 1, 1], score: 0.4, metadata: null },
    });
    expect(requests.findLast(({ model }) => model === 'yolo')?.body.model_type).toBe('yolo');
  });

  it('detects and classifies the picture at its own size', async () => {
    const item = await inspectedWith('both');
    expect(item.inferences.top?.model).toEqual({
      object_1: { label: 'pen', location: [0.2, 0.1, 0.6, 0.5], score: 0.9 },
      object_4: { label: 'cap', location: [0.5, 0.5, 1, 1], score: 0.4 },
    });
    const { body } = requests.findLast(({ model }) => model === 'both') ?? {};
    expect([body?.inputs[0]?.length, body?.inputs[0]?.[0]?.length]).toEqual([20, 40]);
  });

  it.each([
    ['hangs', /500 ms/],
    ['dies', /server|connection|socket/],
    ['garbage', /JSON/],
    ['refuses', /404|not here/],
    ['too_many', /4/],
    ['no_outputs', /outputs/],
    ['not_numbers', /number|score/],
  ])('that %s fails the item by the name of camera and model, and nothing else', async (model, reason) => {
    const item = await inspectedWith(model);
    expect(item).toMatchObject({ state: 'Done', decision: 'NO_DECISION' });
    expect(item.error).toMatch(/camera "top"/);
    expect(item.error).toContain(model);
    expect(item.error).toMatch(reason);
    expect(item.inferences).toEqual({ side: { model: { full_image: { label: 'b', probability: 0.5 } } } });
    expect(item.camera_decisions.side?.decision).toBe('OK');
  });

  it('that breaks the connection is asked once more, and one that answers late is not', async () => {
    const countOf = (model: string) => requests.filter((request) => request.model === model).length;
    const before = [countOf('dies'), countOf('hangs')];
    await inspectedWith('dies');
    await inspectedWith('hangs');
    expect([countOf('dies') - (before[0] ?? 0), countOf('hangs') - (before[1] ?? 0)]).toEqual([2, 1]);
  });

  it('that is slow for one item does not make the others wait', async () => {
    await station.activate('hangs');
    const hanging = await station.trigger();
    await station.activate('sorter');
    const quick = await station.inspected();
    expect(await station.get(`/items/${hanging}/state`)).not.toBe('Done');
    expect(quick).toMatchObject({ decision: 'OK' });
    await station.done(hanging);
  });

  it('that is away makes the station not ready, and its items undecided, until it is back', async () => {
    await station.activate('sorter');
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect((await station.request('GET', '/health/ready')).status).toBe(503);
    expect(await station.inspected()).toMatchObject({ decision: 'NO_DECISION', inferences: {} });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    expect((await station.request('GET', '/health/ready')).status).toBe(200);
  });
});

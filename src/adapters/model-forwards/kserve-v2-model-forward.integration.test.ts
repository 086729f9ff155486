import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Model } from '../../domain/model.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { modelForwardContract } from '../../ports/model-forward.contract.ts';
import type { ModelForward } from '../../ports/model-forward.ts';
import { type InferModel, inferServer } from './kserve-v2/infer-server.test-support.ts';
import { startTriton, type TritonModel, tritonFolder, withoutTriton } from './kserve-v2/triton-server.test-support.ts';
import { kserveV2ModelForward } from './kserve-v2-model-forward.ts';
import { plainImage, testModel } from './model-forward.test-support.ts';
import { failingServerSuite } from './servers/failing-servers.test-support.ts';

const signal = new AbortController().signal;

const caps = testModel({ labels: ['red', 'green', 'blue'], imageResolution: null });
const parts = testModel({ name: 'parts', category: 'object_detection', resize: 'stretch', imageResolution: [8, 4] });
const blisters = testModel({ name: 'blisters', category: 'object_detection', modelType: 'yolo', resize: 'letterbox' });
const both = testModel({ name: 'both', category: 'object_detection_with_classification', imageResolution: null });

const boxes = [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.9, 0.9];
const ssd = [
  { name: 'boxes', shape: [1, 2, 4], data: boxes },
  { name: 'classes', shape: [1, 2], data: [2, 0] },
  { name: 'scores', shape: [1, 2], data: [0.9, 0.6] },
  { name: 'count', shape: [1], data: [2] },
];
const head = [{ name: 'output0', shape: [1, 1, 7], data: [8, 8, 4, 4, 0, 0.8, 0] }];

/** The share of each colour, of pixels or planes. */
function colourShares(values: readonly number[], isPlanes: boolean): readonly number[] {
  const plane = values.length / 3;
  const sums = [0, 1, 2].map((colour) =>
    values
      .filter((_, index) => (isPlanes ? Math.floor(index / plane) : index % 3) === colour)
      .reduce((a, b) => a + b, 0),
  );
  const total = sums.reduce((a, b) => a + b, 0);
  return sums.map((sum) => sum / total);
}

function modelOf(
  shape: readonly number[],
  answer: InferModel['answer'],
  datatype = 'FP32',
  versions = ['1'],
): InferModel {
  return { metadata: { versions, inputs: [{ name: 'x', datatype, shape }] }, answer };
}

const shares =
  (isPlanes: boolean): InferModel['answer'] =>
  (values) => [{ name: 'scores', shape: [1, 3], data: [...colourShares(values, isPlanes)] }];

const SERVED: Readonly<Record<string, InferModel>> = {
  caps: modelOf([-1, 16, 16, 3], shares(false)),
  parts: modelOf([1, 4, 8, 3], () => ssd),
  blisters: modelOf([-1, 3, 16, 16], () => head),
  both: modelOf([1, -1, -1, 3], () => ssd),
};

async function openOn(url: string, options: { timeout_ms?: number; binary_tensors?: boolean } = {}) {
  const given = kserveV2ModelForward.options.parse({ url, ...options });
  const forward = await kserveV2ModelForward.open(given, await testContext());
  onTestFinished(() => forward.close());
  return forward;
}

async function predictWith(forward: ModelForward, model: Model, colour = 'red') {
  const loaded = await forward.load(model, signal);
  const { timingsMs: _, ...prediction } = await loaded.predict(await plainImage(colour), null, signal);
  return prediction;
}

describe('kserve v2 model forward', () => {
  modelForwardContract({
    open: async () => openOn((await inferServer(SERVED)).url),
    image: () => plainImage('lime', 40, 20),
    models: [caps, parts, blisters, both],
    unloadable: null,
    repeatable: true,
  });

  failingServerSuite({
    open: (url, timeoutMs) => openOn(url, { timeout_ms: timeoutMs }),
    serve: async () => (await inferServer(SERVED)).url,
    model: caps,
  });

  it.each([
    ['pixels of floats', 'FP32', [-1, 16, 16, 3], [1, 16, 16, 3]],
    ['planes of floats', 'FP32', [1, 3, 16, 16], [1, 3, 16, 16]],
    ['pixels of bytes', 'UINT8', [1, 16, 16, 3], [1, 16, 16, 3]],
    ['pictures without a batch', 'UINT8', [16, 16, 3], [16, 16, 3]],
    ['pictures of any size, the inventory says which', 'FP32', [-1, 3, -1, -1], [1, 3, 24, 20]],
  ] as const)('asks a model that takes %s in its own way', async (_, datatype, shape, sent) => {
    const isPlanes = shape[1] === 3;
    const server = await inferServer({ caps: modelOf(shape, shares(isPlanes), datatype) });
    const imageResolution = shape.includes(-1 as never) && isPlanes ? ([20, 24] as const) : null;
    const found = await predictWith(await openOn(server.url), { ...caps, imageResolution }, 'lime');
    expect(found).toMatchObject({ kind: 'classification', label: 'green', probability: 1 });
    expect(server.latest()).toMatchObject({ inputs: [{ name: 'x', datatype, shape: sent }] });
  });

  it('sends signed bytes shifted to −128…127', async () => {
    let seen: readonly number[] = [];
    const answer: InferModel['answer'] = (values) => {
      seen = values;
      return [{ name: 'scores', shape: [1, 3], data: [1, 0, 0] }];
    };
    const server = await inferServer({ caps: modelOf([1, 16, 16, 3], answer, 'INT8') });
    await predictWith(await openOn(server.url), caps, 'red');
    expect(seen.slice(0, 3)).toEqual([127, -128, -128]);
  });

  it('asks once what a model takes, and for the version of the inventory', async () => {
    const server = await inferServer({ caps: modelOf([1, 16, 16, 3], shares(false), 'FP32', ['1', '3']) });
    const forward = await openOn(server.url);
    const loaded = await forward.load({ ...caps, version: '3' }, signal);
    expect(server.asked).toEqual([]);
    await loaded.predict(await plainImage('red'), null, signal);
    await expect(forward.check(signal)).resolves.toBeUndefined();
    expect(server.asked).toEqual([
      'GET /v2/models/caps',
      'GET /v2/models/caps/versions/3',
      'POST /v2/models/caps/versions/3/infer',
      'GET /v2/health/ready',
    ]);
  });

  it('names no version to a server that tells none', async () => {
    const server = await inferServer({ caps: modelOf([1, 16, 16, 3], shares(false), 'FP32', []) });
    expect(await predictWith(await openOn(server.url), caps)).toMatchObject({ label: 'red' });
    expect(server.asked.at(-1)).toBe('POST /v2/models/caps/infer');
  });

  it('sends and reads JSON where a server has no binary tensors', async () => {
    const server = await inferServer(SERVED);
    const forward = await openOn(server.url, { binary_tensors: false });
    expect(await predictWith(forward, caps, 'blue')).toMatchObject({ label: 'blue', probability: 1 });
    expect(server.latest()).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16, 16, 3], data: expect.any(Array) }],
    });
  });

  it('counts the classes of a detector from 0 and takes the outputs that the inventory names', async () => {
    const output = { detection_boxes: 'boxes', detection_scores: 'classes', detection_classes: 'scores' };
    const swapped = ssd.map((tensor) => {
      const name = { scores: 'classes', classes: 'scores' }[tensor.name] ?? tensor.name;
      return { ...tensor, name };
    });
    const server = await inferServer({ parts: modelOf([1, 4, 8, 3], () => swapped) });
    expect(await predictWith(await openOn(server.url), { ...parts, output })).toMatchObject({
      objects: [
        { position: 1, label: 'blue', location: [0.2, 0.1, 0.4, 0.3] },
        { position: 2, label: 'red', location: [0.5, 0.5, 0.9, 0.9] },
      ],
    });
  });

  it.each([
    ['has no such model', {}, /status 404: unknown model caps/],
    [
      'has other versions',
      { caps: modelOf([1, 16, 16, 3], shares(false), 'FP32', ['2', '4']) },
      /versions 2, 4, not 1/,
    ],
    ['takes no picture', { caps: modelOf([1, 16], shares(false)) }, /its input \[1, 16\] is no picture/],
    ['takes text', { caps: modelOf([1, 16, 16, 3], shares(false), 'BYTES') }, /its input is BYTES; FP32, UINT8, INT8/],
    ['takes another size', { caps: modelOf([1, 8, 8, 3], shares(false)) }, /image_resolution is \[16, 16\]/],
    [
      'answers with fewer scores than labels',
      { caps: modelOf([1, 16, 16, 3], () => [{ name: 'scores', shape: [1, 2], data: [0, 1] }]) },
      /2 scores but has 3 labels/,
    ],
    [
      'answers with fewer numbers than it says',
      { caps: modelOf([1, 16, 16, 3], () => [{ name: 'scores', shape: [1, 3], data: [0, 1] }]) },
      /"scores" of 2 numbers, not \[1, 3\]/,
    ],
  ] as const)('fails by name when the server %s', async (_, models, sentence) => {
    const server = await inferServer(models as Readonly<Record<string, InferModel>>);
    const failing = predictWith(await openOn(server.url), { ...caps, imageResolution: [16, 16] });
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_FAILED', message: expect.stringContaining('"caps"') });
    await expect(failing).rejects.toThrow(sentence);
  });

  const scores = { name: 'scores', datatype: 'FP32', shape: [1, 3] };
  const ofBytes = (size: unknown, change = {}) => ({ ...scores, parameters: { binary_data_size: size }, ...change });
  it.each([
    ['no tensor for its output', [scores], 0, /"scores" of FP32, no numbers$/],
    ['fewer bytes than it says', [ofBytes(12)], 8, /"scores" of 12 bytes where 8 are left$/],
    ['more bytes than its outputs have', [ofBytes(12)], 20, /with 8 bytes beyond its outputs$/],
    ['a size that cuts a number', [ofBytes(10)], 10, /"scores" of 10 bytes, which is no whole number of FP32$/],
    ['a size below nothing', [ofBytes(-12)], 12, /"scores" of -12 bytes where 12 are left$/],
    ['a size that is no whole number', [ofBytes(12.5)], 13, /"scores" of 12\.5 bytes where 13 are left$/],
    ['a size in words', [ofBytes('12')], 12, /"scores" of FP32, no numbers$/],
    ['a size beyond its numbers', [ofBytes(8)], 8, /"scores" of 2 numbers, not \[1, 3\]$/],
    ['a type that is no number', [ofBytes(12, { datatype: 'BYTES' })], 12, /"scores" of BYTES, no numbers$/],
    ['a shape that is none', [ofBytes(12, { shape: 'all' })], 12, /"scores" of 3 numbers, not \[\]$/],
    ['a shape below nothing', [ofBytes(12, { shape: [-1, -3] })], 12, /"scores" of 3 numbers, not \[-1, -3\]$/],
    ['an output that is none', [null], 0, /no numbers$/],
    ['no output at all', [], 0, /./],
  ] as const)('fails by name when the server sends %s', async (_, outputs, size, sentence) => {
    const server = await inferServer(SERVED, (request, response) => {
      if (request.method === 'GET') return false;
      const header = Buffer.from(JSON.stringify({ outputs }));
      response.setHeader('inference-header-content-length', header.length);
      response.end(Buffer.concat([header, Buffer.alloc(size)]));
      return true;
    });
    const failing = predictWith(await openOn(server.url), caps);
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_FAILED', message: expect.stringContaining('"caps"') });
    await expect(failing).rejects.toThrow(sentence);
  });

  it.each(['-1', '1e9', 'many', '2.5'])('fails by name when the server says that %s bytes are JSON', async (length) => {
    const server = await inferServer(SERVED, (request, response) => {
      if (request.method === 'GET') return false;
      response.setHeader('inference-header-content-length', length).end('{"outputs": []}');
      return true;
    });
    const failing = predictWith(await openOn(server.url), caps);
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_FAILED', message: expect.stringContaining('"caps"') });
    await expect(failing).rejects.toThrow(`inference-header-content-length "${length}"`);
  });

  it('asks anew what a model takes after a prediction failed', async () => {
    let broken = true;
    const server = await inferServer(SERVED, (request, response) => {
      if (!broken || request.method === 'GET') return false;
      response.writeHead(400).end('{"error":"unexpected shape"}');
      return true;
    });
    const forward = await openOn(server.url);
    await expect(predictWith(forward, caps)).rejects.toThrow('status 400: unexpected shape');
    broken = false;
    expect(await predictWith(forward, caps)).toMatchObject({ label: 'red' });
    expect(server.asked.filter((asked) => asked === 'GET /v2/models/caps')).toHaveLength(2);
  });

  it('is asked once more when the connection breaks before an answer, and not when it answers late', async () => {
    let posts = 0;
    const server = await inferServer(SERVED, (request) => {
      if (request.method === 'GET') return false;
      posts += 1;
      if (posts === 1) request.socket.destroy();
      return posts === 1;
    });
    expect(await predictWith(await openOn(server.url), caps)).toMatchObject({ label: 'red' });
    expect(posts).toBe(2);
    let late = 0;
    const slow = await inferServer(SERVED, (request) => {
      late += Number(request.method === 'POST');
      return request.method === 'POST';
    });
    const failing = predictWith(await openOn(slow.url, { timeout_ms: 400 }), caps);
    await expect(failing).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('"caps"') });
    expect(late).toBe(1);
  });

  it('is not ready while its server is not, or away', async () => {
    const server = await inferServer({}, (_request, response) => {
      response.writeHead(503).end();
      return true;
    });
    const busy = await openOn(server.url);
    await expect(busy.check(signal)).rejects.toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
    const away = await openOn('http://user:secret@127.0.0.1:9');
    await expect(away.check(signal)).rejects.toThrow(/^(?!.*secret).*cannot be reached/);
    await expect(predictWith(away, caps)).rejects.toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
  });

  it.each([{}, { url: 'ftp://x' }, { url: 'http://x', timeout_ms: 0 }, { url: 'http://x', binary: true }])(
    'refuses the options %j',
    (options) => {
      expect(kserveV2ModelForward.options.safeParse(options).success).toBe(false);
    },
  );
});

describe.skipIf(withoutTriton !== '')(`kserve v2 model forward with Triton${withoutTriton}`, () => {
  const constant = (outputs: typeof ssd): Pick<TritonModel, 'outputs' | 'python'> => ({
    outputs: outputs.map(({ name, shape }) => ({ name, shape })),
    python: [
      `outputs = [${outputs.map(({ data, shape }) => `np.array(${JSON.stringify(data)}).reshape(${shape.join()})`).join(', ')}]`,
    ],
  });
  const means = (axes: string): readonly string[] => [
    `means = x.astype(np.float32).mean(axis=(${axes}))`,
    'outputs = [means / means.sum(axis=1, keepdims=True)]',
  ];
  const scores = [{ name: 'scores', shape: [-1, 3] }];
  const models: Readonly<Record<string, TritonModel>> = {
    caps: { type: 'TYPE_FP32', shape: [-1, 16, 16, 3], outputs: scores, python: means('1, 2') },
    planes: { type: 'TYPE_FP32', shape: [1, 3, 16, 16], outputs: scores, python: means('2, 3') },
    bytes: {
      ...{ type: 'TYPE_UINT8', maxBatchSize: 4, shape: [16, 16, 3] },
      ...{ outputs: [{ name: 'scores', shape: [3] }], python: means('1, 2') },
    },
    parts: { type: 'TYPE_UINT8', shape: [1, 4, 8, 3], ...constant(ssd) },
    blisters: { type: 'TYPE_FP32', shape: [1, 3, 16, 16], ...constant(head) },
    both: { type: 'TYPE_UINT8', shape: [1, -1, -1, 3], ...constant(ssd) },
  };
  let folder: string;
  let server: { readonly url: string; stop(): void };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edge-triton-'));
    server = await startTriton(tritonFolder ?? '', folder, models);
  });
  afterAll(async () => {
    server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  modelForwardContract({
    open: async () => openOn(server.url),
    image: () => plainImage('lime', 40, 20),
    models: [caps, parts, blisters, both],
    unloadable: null,
    repeatable: true,
  });

  it.each(['caps', 'planes', 'bytes'])('is right about colours with the model %s', async (name) => {
    for (const isBinary of [true, false]) {
      const forward = await openOn(server.url, { binary_tensors: isBinary });
      const found = await predictWith(forward, { ...caps, name }, 'blue');
      expect(found).toMatchObject({ kind: 'classification', label: 'blue', probability: 1 });
    }
  });

  it('says what the server says of a model that it has not', async () => {
    const failing = predictWith(await openOn(server.url), { ...caps, name: 'absent' });
    await expect(failing).rejects.toThrow(/model "absent" failed: .* status 404: .*absent/);
  });
});

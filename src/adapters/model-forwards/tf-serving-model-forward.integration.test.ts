import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Model } from '../../domain/model.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { modelForwardContract } from '../../ports/model-forward.contract.ts';
import type { ModelForward } from '../../ports/model-forward.ts';
import { answerInstead } from '../../testing/network.test-support.ts';
import { plainImage, testModel } from './model-forward.test-support.ts';
import { failingServerSuite } from './servers/failing-servers.test-support.ts';
import { tfServingModelForward } from './tf-serving-model-forward.ts';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: { readonly inputs: number[][][][]; readonly model_type?: string } | null;
}

interface TestServer {
  readonly url: string;
  /** What it was sent, in order. */
  readonly received: readonly Received[];
}

type Answer = unknown | ((response: ServerResponse, request: IncomingMessage) => void);

/** A model server that gives the answers one after the other, the last one for ever. */
async function modelServer(...answers: readonly Answer[]): Promise<TestServer> {
  const received: Received[] = [];
  let next = 0;
  const { endpoint } = await answerInstead(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    received.push({
      method,
      path: url,
      authorization: headers.authorization,
      body: text === '' ? null : JSON.parse(text),
    });
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    if (typeof answer === 'function') answer(response, request);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  return { url: endpoint, received };
}

async function openOn(url: string, timeout_ms = 5000): Promise<ModelForward> {
  const forward = await tfServingModelForward.open({ url, timeout_ms }, await testContext());
  onTestFinished(() => forward.close());
  return forward;
}

const signal = new AbortController().signal;

async function predict(server: { readonly url: string }, model: Model, timeoutMs?: number) {
  const forward = await openOn(server.url, timeoutMs);
  const loaded = await forward.load(model, signal);
  const { timingsMs: _, ...prediction } = await loaded.predict(await plainImage('red', 32, 24), null, signal);
  return prediction;
}

const classifier = testModel({ version: '3' });
const detector = testModel({ name: 'parts', category: 'object_detection', resize: 'stretch', imageResolution: [8, 4] });
const yolo = testModel({ ...detector, modelType: 'yolo' });
const both = testModel({ name: 'both', category: 'object_detection_with_classification', imageResolution: null });

const boxes = [
  [0.1, 0.2, 0.3, 0.4],
  [0.5, 0.5, 0.9, 0.9],
];
const detected = { outputs: { detection_boxes: [boxes], detection_scores: [[0.9, 0.6]], detection_classes: [[2, 1]] } };

describe('tf serving model forward', () => {
  modelForwardContract({
    open: async () => {
      const classified = { outputs: [[0.1, 0.8, 0.1]] };
      const server = await modelServer((response: ServerResponse, request: IncomingMessage) =>
        response.end(JSON.stringify(request.url?.includes('/caps/') ? classified : detected)),
      );
      return openOn(server.url);
    },
    image: () => plainImage('lime', 40, 20),
    models: [classifier, detector, yolo, both],
    unloadable: testModel({ name: 'open', imageResolution: null }),
    repeatable: true,
  });

  failingServerSuite({
    open: openOn,
    serve: async () => (await modelServer({ outputs: [[1, 0, 0]] })).url,
    model: classifier,
  });

  it('asks a classifier with the centre of the picture as x/127 − 1 and takes the first highest score', async () => {
    const server = await modelServer({ outputs: [[0.2, 0.4, 0.4]] });
    expect(await predict(server, classifier)).toEqual({ kind: 'classification', label: 'green', probability: 0.4 });
    const [request] = server.received;
    expect(server.received).toHaveLength(1);
    expect(request).toMatchObject({ method: 'POST', path: '/v1/models/caps/versions/3:predict' });
    expect(Object.keys(request?.body ?? {})).toEqual(['inputs']);
    const [picture = []] = request?.body?.inputs ?? [];
    expect([picture.length, picture[0]?.length, picture[0]?.[0]?.length]).toEqual([16, 16, 3]);
    const [red = 0, green = 0] = picture[0]?.[0] ?? [];
    expect(red).toBeCloseTo(255 / 127 - 1, 6);
    expect(green).toBe(-1);
  });

  it('asks a Mobilenet detector with stretched bytes and counts its classes from 1', async () => {
    const server = await modelServer(detected);
    expect(await predict(server, detector)).toEqual({
      kind: 'detection',
      objects: [
        { position: 1, label: 'green', location: [0.2, 0.1, 0.4, 0.3], score: 0.9 },
        { position: 2, label: 'red', location: [0.5, 0.5, 0.9, 0.9], score: 0.6 },
      ],
      warnings: [],
    });
    const body = server.received[0]?.body;
    expect(body?.model_type).toBe('Mobilenet');
    expect([body?.inputs[0]?.length, body?.inputs[0]?.[0]?.length]).toEqual([4, 8]);
    expect(body?.inputs[0]?.[0]?.[0]).toEqual([255, 0, 0]);
  });

  it('takes the fields that the inventory names, and only the first n rows', async () => {
    const output = {
      detection_boxes: 'b',
      detection_scores: 's',
      detection_classes: 'c',
      number_of_boxes: 'n',
    };
    const outputs = { b: [boxes], s: [[0.9, 0.6]], c: [[3, 1]], n: [1] };
    expect(await predict(await modelServer({ outputs }), { ...detector, output })).toMatchObject({
      objects: [{ position: 1, label: 'blue' }],
    });
  });

  it('takes boxes, classes from 0 and metadata of a yolo server as they stand', async () => {
    const output = { detection_metadata: 'meta' };
    const server = await modelServer({ outputs: { ...detected.outputs, meta: [[{ angle: 3 }, null]] } });
    expect(await predict(server, { ...yolo, output })).toMatchObject({
      objects: [
        { position: 1, label: 'blue', location: [0.1, 0.2, 0.3, 0.4], metadata: { angle: 3 } },
        { position: 2, label: 'green', metadata: null },
      ],
    });
    expect(server.received[0]?.body?.model_type).toBe('yolo');
  });

  it('gives the objects of a yolo server without metadata null', async () => {
    const found = await predict(await modelServer(detected), yolo);
    expect(found.kind === 'detection' && found.objects.map(({ metadata }) => metadata)).toEqual([null, null]);
  });

  it.each([
    ['alone', (head: unknown) => head],
    ['under a name', (head: unknown) => ({ output0: head })],
  ])('decodes a raw yolo head that comes %s', async (_, wrap) => {
    const head = [[0.5, 0.5, 0.25, 0.5, 0.1, 0.8, 0.2].map((value) => [value, 0])];
    const found = await predict(await modelServer({ outputs: wrap(head) }), yolo);
    expect(found).toMatchObject({ objects: [{ position: 1, label: 'green', location: [0.375, 0.25, 0.625, 0.75] }] });
  });

  it('sends a detector with classification the picture at its own size and counts classes from 0', async () => {
    const server = await modelServer(detected);
    expect(await predict(server, both)).toMatchObject({
      objects: [
        { label: 'blue', location: [0.2, 0.1, 0.4, 0.3] },
        { label: 'green', location: [0.5, 0.5, 0.9, 0.9] },
      ],
    });
    const body = server.received[0]?.body;
    expect(Object.keys(body ?? {})).toEqual(['inputs']);
    expect([body?.inputs[0]?.length, body?.inputs[0]?.[0]?.length]).toEqual([24, 32]);
  });

  it.each([
    ['fewer scores than labels', classifier, { outputs: [[0.5, 0.5]] }, /2 scores but has 3 labels/],
    ['more scores than labels', classifier, { outputs: [[0, 0, 0, 1]] }, /4 scores but has 3 labels/],
    ['no outputs', classifier, { predictions: [[1, 0, 0]] }, /no "outputs"/],
    ['scores without a batch', classifier, { outputs: [1, 0, 0] }, /not a list of one list/],
    ['a text for a score', classifier, { outputs: [['1', 0, 0]] }, /not a number/],
    [
      'a field missing',
      detector,
      { outputs: { detection_boxes: [boxes], detection_scores: [[1, 1]] } },
      /detection_classes/,
    ],
    [
      'a box of three numbers',
      detector,
      { outputs: { ...detected.outputs, detection_boxes: [[[0, 0, 1]]] } },
      /four numbers/,
    ],
    ['a class without a label', detector, { outputs: { ...detected.outputs, detection_classes: [[4, 1]] } }, /class 4/],
    [
      'class 0, which Mobilenet does not have',
      detector,
      { outputs: { ...detected.outputs, detection_classes: [[0, 1]] } },
      /class 0/,
    ],
    ['a head of other classes', yolo, { outputs: [[[0, 0, 0, 0, 1, 1, 1, 1, 1]]] }, /has 3 labels/],
    ['an uneven head', yolo, { outputs: [[[0, 0], [0]]] }, /uneven/],
  ])('fails the model when the server answers with %s', async (_, model, answer, sentence) => {
    const failure = predict(await modelServer(answer), model);
    await expect(failure).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await expect(failure).rejects.toThrow(sentence);
    await expect(failure).rejects.toThrow(`"${model.name}"`);
  });

  it.each([
    [404, '{"error": "Servable not found"}', /answered with status 404: Servable not found/],
    [500, 'oops', /answered with status 500$/],
    [200, 'no json', /not JSON/],
  ])('fails the model when the server answers %i %s', async (status, text, sentence) => {
    const server = await modelServer((response: ServerResponse) => response.writeHead(status).end(text));
    const failure = predict(server, classifier);
    await expect(failure).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await expect(failure).rejects.toThrow(sentence);
    await expect(failure).rejects.toThrow(server.url);
    expect(server.received).toHaveLength(1);
  });

  const breakConnection = (response: ServerResponse): void => void response.socket?.destroy();

  it('repeats a call once when the connection breaks before an answer', async () => {
    const server = await modelServer(breakConnection, { outputs: [[1, 0, 0]] });
    expect(await predict(server, classifier)).toMatchObject({ label: 'red' });
    expect(server.received).toHaveLength(2);
  });

  it('gives up when the connection breaks twice', async () => {
    const server = await modelServer(breakConnection);
    await expect(predict(server, classifier)).rejects.toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
    expect(server.received).toHaveLength(2);
  });

  it('does not repeat a call whose answer has begun', async () => {
    const server = await modelServer((response: ServerResponse) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{"outputs"', () => response.socket?.destroy());
    });
    await expect(predict(server, classifier)).rejects.toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
    expect(server.received).toHaveLength(1);
  });

  it('ends a call that takes too long and does not repeat it', async () => {
    const server = await modelServer(() => undefined);
    const failure = predict(server, classifier, 100);
    await expect(failure).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(failure).rejects.toThrow(/"caps" at http:\/\/127\.0\.0\.1:\d+ did not answer in 100 ms/);
    expect(server.received).toHaveLength(1);
  });

  it('names a server that is away without its user and password', async () => {
    const away = 'http://operator:secret@127.0.0.1:9/models';
    const failure = predict({ url: away }, classifier);
    await expect(failure).rejects.toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
    await expect(failure).rejects.toThrow(/http:\/\/127\.0\.0\.1:9\/models cannot be reached/);
    await expect(failure).rejects.not.toThrow(/secret/);
    const forward = await openOn(away);
    await expect(forward.check(signal)).rejects.toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
  });

  it('sends user and password, and keeps the path of the address', async () => {
    const server = await modelServer({ outputs: [[1, 0, 0]] });
    await predict({ url: `${server.url.replace('//', '//operator:secret@')}/models/` }, classifier);
    const authorization = `Basic ${Buffer.from('operator:secret').toString('base64')}`;
    expect(server.received).toMatchObject([{ authorization, path: '/models/v1/models/caps/versions/3:predict' }]);
  });

  it('sends no prediction before one is asked for, and is ready when the server answers at all', async () => {
    const server = await modelServer((response: ServerResponse) => response.writeHead(404).end());
    const forward = await openOn(server.url);
    await forward.load(classifier, signal);
    await forward.check(signal);
    expect(server.received.map(({ method }) => method)).toEqual(['GET']);
  });

  it('says what to set when the inventory does not tell the size of a model', async () => {
    const forward = await openOn('http://127.0.0.1:9');
    const model = testModel({ imageResolution: null });
    await expect(forward.load(model, signal)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    expect(await forward.inspect(model)).toMatch(/image_resolution/);
    expect(await forward.inspect(both)).toBeNull();
  });

  it('takes the address from the environment, which wins over the file', async () => {
    const server = await modelServer({ outputs: [[1, 0, 0]] });
    const context = await testContext({ env: { SERVING_MODEL_URL: server.url } });
    const forward = await tfServingModelForward.open({ url: 'http://127.0.0.1:9', timeout_ms: 1000 }, context);
    onTestFinished(() => forward.close());
    await expect(forward.check(signal)).resolves.toBeUndefined();
  });

  it.each([[{}], [{ url: 'ftp://127.0.0.1' }]])('needs an http address: %j', async (options) => {
    const opening = tfServingModelForward.open({ timeout_ms: 1000, ...options }, await testContext());
    await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  colourClassifier,
  constantModel,
  type Port,
} from '../adapters/model-forwards/embedded/onnx-file.test-support.ts';
import { int8Classifier } from '../adapters/model-forwards/embedded/tflite-models.test-support.ts';
import { embeddedModelForward } from '../adapters/model-forwards/embedded-model-forward.ts';
import { imageOf } from '../adapters/model-forwards/model-forward.test-support.ts';
import { tfServingModelForward } from '../adapters/model-forwards/tf-serving-model-forward.ts';
import type { Image } from '../domain/image.ts';
import type { Location, Prediction } from '../domain/prediction.ts';
import { buildModelServer } from '../http/model-server.ts';
import { silentLog, temporaryFolder, testContext } from '../ports/context.test-support.ts';
import { readSettings } from '../settings.ts';
import { resolvedModel } from './inventory-models.ts';
import { inventorySchema } from './inventory-schema.ts';
import { builtInKinds } from './kinds.ts';
import { openServedModels } from './served-models.ts';

const signal = new AbortController().signal;
const planes: Port = { name: 'x', shape: [1, 3, 16, 24] };
const pixels: Port = { name: 'x', shape: ['batch', 16, 24, 3] };
const COLOURS = ['red', 'green', 'blue'];
const PARTS = ['cap', 'pen', 'clip'];

const ssdAnswers = [
  { name: 'boxes', shape: [1, 3, 4], values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.9, 1.2, 0, 0, 1, 1] },
  { name: 'classes', shape: [1, 3], values: [2, 0, 1] },
  { name: 'scores', shape: [1, 3], values: [0.9, 0.6, 0.8] },
  { name: 'count', shape: [1], values: [2] },
];
const heads = [{ name: 'output0', shape: [1, 2, 7], values: [8, 8, 4, 4, 0, 0.8, 0.1, 16, 4, 6, 6, 0.7, 0.1, 0] }];
const output = { detection_boxes: 'boxes', detection_scores: 'scores', detection_classes: 'classes' };
const detector = { category: 'object_detection', class_names: PARTS };

/** Models by name: the entry of the inventory and the file. */
const MODELS: Readonly<Record<string, readonly [entry: object, file: string, bytes: Uint8Array]>> = {
  planes: [
    { category: 'classification', class_names: COLOURS, image_resolution: [24, 16], normalization: 'yolo' },
    ...(['m.onnx', colourClassifier(planes, 'NCHW')] as const),
  ],
  pixels: [
    { category: 'classification', class_names: COLOURS, image_resolution: [24, 16], version: '7b' },
    ...(['m.onnx', colourClassifier(pixels, 'NHWC')] as const),
  ],
  quantised: [
    { category: 'classification', class_names: COLOURS, image_resolution: [16, 16] },
    ...(['m.tflite', int8Classifier()] as const),
  ],
  ssd: [{ ...detector, image_resolution: [24, 16] }, 'm.onnx', constantModel(pixels, ssdAnswers)],
  named: [
    { ...detector, image_resolution: [24, 16], output: { ...output, number_of_boxes: 'count' }, resize: 'letterbox' },
    ...(['m.onnx', constantModel(pixels, ssdAnswers)] as const),
  ],
  rows: [
    { ...detector, image_resolution: [24, 16], output, model_type: 'yolo' },
    ...(['m.onnx', constantModel(planes, ssdAnswers)] as const),
  ],
  head: [
    { ...detector, image_resolution: [24, 16], model_type: 'yolo', resize: 'letterbox' },
    ...(['m.onnx', constantModel(planes, heads)] as const),
  ],
  both: [
    { category: 'object_detection_with_classification', class_names: PARTS },
    ...(['m.onnx', constantModel({ name: 'x', shape: [1, 'height', 'width', 3] }, ssdAnswers)] as const),
  ],
};

async function rootWith(models: Readonly<Record<string, readonly [object, string, Uint8Array]>>): Promise<string> {
  const root = await temporaryFolder();
  const entries = Object.fromEntries(Object.entries(models).map(([name, [entry]]) => [name, entry]));
  const files: [string, string | Uint8Array][] = [
    ['config/inventory.json', JSON.stringify({ cameras: [], models: entries, camera_rules: [], item_rules: [] })],
    ...Object.entries(models).map(([name, [, file, bytes]]): [string, Uint8Array] => [`models/${name}/${file}`, bytes]),
  ];
  for (const [path, content] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** The served root, a forward that asks it and one that runs the same files itself. */
async function forwardsOn(root: string) {
  const served = await openServedModels({ root, settings: readSettings({}), log: silentLog });
  onTestFinished(() => served.close());
  const app = buildModelServer(served, { apiKey: null }, silentLog);
  const asked: string[] = [];
  app.addHook('onRequest', (request, _reply, next) => {
    if (request.method === 'POST') asked.push(String(request.headers['content-type']));
    next();
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const context = await testContext({ root });
  const remote = await tfServingModelForward.open({ url, timeout_ms: 20_000 }, context);
  onTestFinished(() => remote.close());
  const embedded = await embeddedModelForward.open({ workers: 1, timeout_ms: 20_000 }, context);
  onTestFinished(() => embedded.close());
  const { models } = inventorySchema(builtInKinds).parse(
    JSON.parse(await readFile(join(root, 'config/inventory.json'), 'utf8')),
  );
  const modelOf = async (name: string) => (await resolvedModel(name, models[name] as never, root)).model;
  return { remote, embedded, modelOf, asked, url };
}

/** A picture in which every pixel is another colour, mostly red. */
async function colourfulImage(width = 61, height = 47): Promise<Image> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return index % 3 === 0 ? 150 + (pixel % 100) : ((index % 3) * pixel) % 120;
  });
  return imageOf(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 95 })
      .toBuffer(),
  );
}

function expectSame(found: Prediction, expected: Prediction): void {
  const facts = (prediction: Prediction) =>
    prediction.kind === 'classification'
      ? [{ label: prediction.label, score: prediction.probability, location: [] as readonly number[] }]
      : prediction.objects.map(({ position, label, score, location }) => ({ position, label, score, location }));
  const names = (prediction: Prediction) => facts(prediction).map(({ score: _s, location: _l, ...rest }) => rest);
  expect(names(found)).toEqual(names(expected));
  for (const [index, { score, location }] of facts(expected).entries()) {
    const other = facts(found)[index];
    expect(Math.abs((other?.score ?? 0) - score)).toBeLessThan(0.001);
    for (const [edge, value] of location.entries()) {
      expect(Math.abs((other?.location[edge] ?? 0) - value)).toBeLessThanOrEqual(0.0001);
    }
  }
  if (found.kind === 'detection' && expected.kind === 'detection') expect(found.warnings).toEqual(expected.warnings);
}

const BOXES: readonly (Location | null)[] = [null, [0.25, 0.1, 0.9, 0.6]];

describe('a station that asks a model server', () => {
  it.each(Object.keys(MODELS))(
    'has of %s what it would have of the file itself, by JSON and by picture',
    async (name) => {
      const { remote, embedded, modelOf, asked } = await forwardsOn(await rootWith({ [name]: MODELS[name] as never }));
      const model = await modelOf(name);
      const own = await embedded.load(model, signal);
      const image = await colourfulImage();
      for (const box of BOXES) {
        asked.length = 0;
        const served = await remote.load(model, signal);
        const expected = await own.predict(image, box, signal);
        expectSame(await served.predict(image, box, signal), expected);
        expectSame(await served.predict(image, box, signal), expected);
        expect(asked).toEqual(['application/json', 'image/jpeg']);
      }
    },
  );

  it('is told by the code of its own what is wrong with a picture', async () => {
    const { remote, modelOf } = await forwardsOn(await rootWith({ pixels: MODELS.pixels as never }));
    const served = await remote.load(await modelOf('pixels'), signal);
    const image = await colourfulImage(300, 300);
    await served.predict(image, null, signal);
    const cut = { ...image, bytes: image.bytes.subarray(0, image.bytes.length >> 1) };
    await expect(served.predict(cut, null, signal)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
    const noPicture = { ...image, bytes: Buffer.from('nothing') };
    await expect(served.predict(noPicture, null, signal)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  it('is refused tensors of another size, by name', async () => {
    const { url } = await forwardsOn(await rootWith({ pixels: MODELS.pixels as never }));
    const body = JSON.stringify({ inputs: [[[[0, 0, 0]]]] });
    const answer = await fetch(`${url}/v1/models/pixels:predict`, { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'model "pixels" takes [1, 16, 24, 3], not [1, 1, 1, 3]' });
  });

  const samples = process.env.SAMPLES_DIR ?? '';
  it.skipIf(samples === '')('has the same of a real model and its pictures (needs SAMPLES_DIR)', async () => {
    const entry = { category: 'classification', class_names: ['OK', 'KO'], image_resolution: [224, 224] };
    const root = await rootWith({ caps: [entry, 'model.tflite', new Uint8Array()] });
    await copyFile(join(samples, 'marker_quality_control/model.tflite'), join(root, 'models/caps/model.tflite'));
    const { remote, embedded, modelOf, asked } = await forwardsOn(root);
    const model = await modelOf('caps');
    const own = await embedded.load(model, signal);
    for (const file of ['10.jpg', '128.jpg', '22.jpg', '431.jpg']) {
      const image = imageOf(await readFile(join(samples, 'marker_images', file)));
      for (const box of BOXES) {
        const served = await remote.load(model, signal);
        const expected = await own.predict(image, box, signal);
        expectSame(await served.predict(image, box, signal), expected);
        expectSame(await served.predict(image, box, signal), expected);
      }
    }
    expect(asked.filter((type) => type === 'image/jpeg')).toHaveLength(8);
  });
});

describe('the models of a root', () => {
  const open = async (root: string) => {
    const served = await openServedModels({ root, settings: readSettings({}), log: silentLog });
    onTestFinished(() => served.close());
    return served;
  };

  it('are served when they have a file, and one that is broken says so', async () => {
    const root = await rootWith({
      pixels: MODELS.pixels as never,
      broken: [{ category: 'classification', image_resolution: [24, 16] }, 'm.onnx', Buffer.from('nonsense')],
      elsewhere: [{ category: 'classification', image_resolution: [24, 16] }, 'notes.md', Buffer.from('no model')],
    });
    const { models } = await open(root);
    expect(models.map(({ name, version, problem }) => ({ name, version, problem }))).toEqual([
      { name: 'pixels', version: '7b', problem: null },
      { name: 'broken', version: '1', problem: expect.stringContaining('models/broken/m.onnx') },
    ]);
    expect(models[0]?.hosted?.signature).toEqual({
      input: { type: 'float32', shape: [1, 16, 24, 3] },
      outputs: { outputs: [1, 3] },
    });
  });

  it.each([
    ['there is none', {}, /no model of the inventory has a file/],
    [
      'none can be used',
      { broken: [{ category: 'classification', image_resolution: [24, 16] }, 'm.onnx', Buffer.from('nonsense')] },
      /nothing to serve: model "broken"/,
    ],
  ] as const)('are refused when %s', async (_, models, sentence) => {
    const opening = open(await rootWith(models as never));
    await expect(opening).rejects.toMatchObject({ code: 'ROOT_INVALID' });
    await expect(opening).rejects.toThrow(sentence);
  });
});

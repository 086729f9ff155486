import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Model } from '../../domain/model.ts';
import { temporaryFolder, testContext } from '../../ports/context.test-support.ts';
import { modelForwardContract } from '../../ports/model-forward.contract.ts';
import type { ModelForward } from '../../ports/model-forward.ts';
import { readTfliteFile } from './embedded/engines/tflite-file.ts';
import { colourClassifier, constantModel, type Port, slowClassifier } from './embedded/onnx-file.test-support.ts';
import { int8Classifier, uint8Classifier } from './embedded/tflite-models.test-support.ts';
import { embeddedModelForward } from './embedded-model-forward.ts';
import { imageOf, plainImage, testModel } from './model-forward.test-support.ts';

const signal = new AbortController().signal;
const planes: Port = { name: 'x', shape: [1, 3, 16, 16] };
const pixels: Port = { name: 'x', shape: ['batch', 16, 16, 3] };

const ssdAnswers = [
  { name: 'boxes', shape: [1, 2, 4], values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.9, 0.9] },
  { name: 'classes', shape: [1, 2], values: [2, 0] },
  { name: 'scores', shape: [1, 2], values: [0.9, 0.6] },
  { name: 'count', shape: [1], values: [2] },
];
const headAnswer = [{ name: 'output0', shape: [1, 1, 7], values: [8, 8, 4, 4, 0, 0.8, 0] }];

const colours = testModel({ name: 'colours' });
const parts = testModel({ name: 'parts', category: 'object_detection', resize: 'stretch' });
const blisters = testModel({ name: 'blisters', category: 'object_detection', modelType: 'yolo', resize: 'letterbox' });
const both = testModel({ name: 'both', category: 'object_detection_with_classification', imageResolution: null });

const FILES: Readonly<Record<string, Uint8Array>> = {
  'colours/model.onnx': colourClassifier(planes, 'NCHW'),
  'parts/ssd.onnx': constantModel(pixels, ssdAnswers),
  'blisters/yolo.onnx': constantModel(planes, headAnswer),
  'both/model.onnx': constantModel({ name: 'x', shape: [1, 'height', 'width', 3] }, ssdAnswers),
};

async function rootWith(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [file, bytes] of Object.entries(files)) {
    await mkdir(join(root, 'models', dirname(file)), { recursive: true });
    await writeFile(join(root, 'models', file), bytes);
  }
  return root;
}

async function openOn(root: string, options: { workers?: number; timeout_ms?: number } = {}): Promise<ModelForward> {
  const forward = await embeddedModelForward.open(
    { workers: 1, timeout_ms: 30_000, ...options },
    await testContext({ root }),
  );
  onTestFinished(() => forward.close());
  return forward;
}

async function predictOnce(files: Readonly<Record<string, Uint8Array>>, model: Model, colour: string) {
  const forward = await openOn(await rootWith(files));
  const loaded = await forward.load(model, signal);
  return loaded.predict(await plainImage(colour), null, signal);
}

describe('embedded model forward', () => {
  modelForwardContract({
    open: async () => openOn(await rootWith(FILES), { workers: 2 }),
    image: () => plainImage('lime', 40, 20),
    models: [colours, parts, blisters, both],
    unloadable: testModel({ name: 'absent' }),
    repeatable: true,
  });

  it.each([
    ['planes of float', planes, 'NCHW'],
    ['pixels of float', pixels, 'NHWC'],
    ['pixels of uint8', { ...pixels, type: 'uint8' }, 'NHWC'],
    ['planes of uint8', { ...planes, type: 'uint8' }, 'NCHW'],
    ['pixels of int8', { ...pixels, type: 'int8' }, 'NHWC'],
    ['any batch, height and width', { name: 'x', shape: ['n', 'h', 'w', 3] }, 'NHWC'],
  ] as const)('runs a model that takes %s', async (_, input, layout) => {
    for (const [colour, label] of [
      ['red', 'red'],
      ['lime', 'green'],
      ['blue', 'blue'],
    ] as const) {
      const found = await predictOnce({ 'colours/m.onnx': colourClassifier(input, layout) }, colours, colour);
      expect(found).toMatchObject({ kind: 'classification', label });
    }
  });

  it('looks at the part of the image that the box names', async () => {
    const forward = await openOn(await rootWith(FILES));
    const loaded = await forward.load(colours, signal);
    const left = { create: { width: 20, height: 20, channels: 3, background: 'red' } } as const;
    const { default: sharp } = await import('sharp');
    const bytes = await sharp(left).extend({ right: 20, background: 'blue' }).png().toBuffer();
    const image = imageOf(bytes);
    expect(await loaded.predict(image, [0, 0, 0.5, 1], signal)).toMatchObject({ label: 'red' });
    expect(await loaded.predict(image, [0.5, 0, 1, 1], signal)).toMatchObject({ label: 'blue' });
  });

  it('counts the classes of an SSD post-process from 0', async () => {
    const found = await predictOnce(FILES, parts, 'red');
    expect(found).toMatchObject({
      objects: [
        { position: 1, label: 'blue', location: [0.2, 0.1, 0.4, 0.3] },
        { position: 2, label: 'red', location: [0.5, 0.5, 0.9, 0.9] },
      ],
    });
  });

  it('decodes a raw yolo head and takes the bars of letterbox away again', async () => {
    const found = await predictOnce(FILES, blisters, 'red');
    const [object] = found.kind === 'detection' ? found.objects : [];
    expect(object).toMatchObject({ label: 'green', location: [0.375, 0.3333, 0.625, 0.6667] });
  });

  it('tells where the time of a prediction went and which file it came from', async () => {
    const forward = await openOn(await rootWith(FILES));
    const loaded = await forward.load(colours, signal);
    const { timingsMs } = await loaded.predict(await plainImage('red'), null, signal);
    expect(timingsMs).toEqual({
      decode: expect.any(Number) as number,
      resize: expect.any(Number) as number,
      model: expect.any(Number) as number,
    });
    const sha256 = createHash('sha256').update(FILES['colours/model.onnx'] as Uint8Array);
    expect(loaded.digest).toBe(sha256.digest('hex'));
  });

  it.each([
    ['its folder is missing', {}, {}, /models\/colours is missing/],
    ['its folder holds no model', { 'colours/labels.txt': Buffer.from('a') }, {}, /no \.tflite or \.onnx file/],
    [
      'its folder holds two models',
      { 'colours/a.onnx': Buffer.from('a'), 'colours/b.tflite': Buffer.from('b') },
      {},
      /several model files: a\.onnx, b\.tflite/,
    ],
    ['its .onnx file is corrupt', { 'colours/m.onnx': Buffer.from('nonsense') }, {}, /models\/colours\/m\.onnx/],
    ['its .tflite file is corrupt', { 'colours/m.tflite': Buffer.from('nonsense') }, {}, /no TensorFlow Lite file/],
    ['it has fewer labels than classes', FILES, { labels: ['red', 'green'] }, /3 scores but has 2 labels/],
    ['it has more labels than classes', FILES, { labels: ['a', 'b', 'c', 'd'] }, /3 scores but has 4 labels/],
    ['its image_resolution is not the file’s', FILES, { imageResolution: [16, 17] }, /image_resolution is \[16, 17\]/],
    [
      'its outputs are not those of its category',
      FILES,
      { category: 'object_detection' },
      /answered with scores \[1, 3\]/,
    ],
    ['its name is no folder', FILES, { name: '../colours' }, /cannot be the name of a folder/],
    [
      'the size of its input is open',
      { 'colours/m.onnx': colourClassifier({ name: 'x', shape: [1, 'h', 'w', 3] }, 'NHWC') },
      { imageResolution: null },
      /set "image_resolution"/,
    ],
    [
      'its input is no picture',
      { 'colours/m.onnx': constantModel({ name: 'x', shape: [1, 16, 16, 1] }, headAnswer) },
      {},
      /no picture of three colours/,
    ],
    [
      'the classes of its yolo head are not its labels',
      { 'blisters/m.onnx': constantModel(planes, [{ name: 'y', shape: [1, 1, 9], values: Array(9).fill(0) }]) },
      { name: 'blisters', category: 'object_detection', modelType: 'yolo' },
      /has 3 labels/,
    ],
  ] as const)('refuses a model when %s', async (_, files, change, sentence) => {
    const forward = await openOn(await rootWith(files as Readonly<Record<string, Uint8Array>>));
    const model = { ...colours, ...change } as Model;
    const refusal = forward.load(model, signal);
    await expect(refusal).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await expect(refusal).rejects.toThrow(sentence);
    expect(await forward.inspect(model)).toMatch(sentence);
  });

  it('keeps running its models after it has refused one', async () => {
    const forward = await openOn(await rootWith({ ...FILES, 'broken/m.onnx': Buffer.from('nonsense') }));
    const loaded = await forward.load(colours, signal);
    await expect(forward.load({ ...colours, name: 'broken' }, signal)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    expect(await loaded.predict(await plainImage('red'), null, signal)).toMatchObject({ label: 'red' });
  });

  it('loads a file anew that has changed, beside the one in use', async () => {
    const root = await rootWith(FILES);
    const forward = await openOn(root);
    const first = await forward.load(colours, signal);
    await writeFile(join(root, 'models/colours/model.onnx'), colourClassifier(pixels, 'NHWC'));
    const second = await forward.load(colours, signal);
    expect(second.digest).not.toBe(first.digest);
    await first.close();
    expect(await second.predict(await plainImage('blue'), null, signal)).toMatchObject({ label: 'blue' });
  });

  it.each([
    ['before any is used', false],
    ['while one is used', true],
  ])('looks at models %s, whatever is wrong with them, and runs those that are right', async (_, isUsed) => {
    const files = { ...FILES, 'broken/m.onnx': Buffer.from('no model'), 'torn/m.tflite': Buffer.from('xxxxTFL3 torn') };
    const forward = await openOn(await rootWith(files));
    const red = await plainImage('red');
    const used = isUsed ? await forward.load(colours, signal) : null;
    const looks = [colours, testModel({ name: 'broken' }), testModel({ name: 'torn' }), colours].map(forward.inspect);
    const [first, broken, torn, again] = await Promise.all(looks);
    expect([first, again]).toEqual([null, null]);
    expect(broken).toContain('"broken"');
    expect(torn).toContain('"torn"');
    const model = used ?? (await forward.load(colours, signal));
    expect(await model.predict(red, null, signal)).toMatchObject({ label: 'red' });
  });

  it('ends the worker of a call that exceeds its timeout and replaces it, while others go on', async () => {
    const slow = testModel({ name: 'slow', labels: ['a', 'b'] });
    const forward = await openOn(await rootWith({ ...FILES, 'slow/m.onnx': slowClassifier(planes, 30) }), {
      workers: 2,
      timeout_ms: 250,
    });
    const slowModel = await forward.load(slow, signal);
    const quickModel = await forward.load(colours, signal);
    const image = await plainImage('red');
    const tooSlow = expect(slowModel.predict(image, null, signal)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('"slow"') as string,
    });
    const quick = quickModel.predict(image, null, signal);
    expect(await quick).toMatchObject({ label: 'red' });
    await tooSlow;
    for (let call = 0; call < 4; call += 1) {
      expect(await quickModel.predict(await plainImage('blue'), null, signal)).toMatchObject({ label: 'blue' });
    }
    await expect(forward.check(signal)).resolves.toBeUndefined();
  });

  it('refuses a picture that cannot be decoded', async () => {
    const forward = await openOn(await rootWith(FILES));
    const loaded = await forward.load(colours, signal);
    const image = await plainImage('red', 300, 300);
    const cut = { ...image, bytes: image.bytes.subarray(0, 60) };
    await expect(loaded.predict(cut, null, signal)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  it.each([
    [{}, { timeout_ms: 10_000 }],
    [
      { workers: 16, timeout_ms: 5 },
      { workers: 16, timeout_ms: 5 },
    ],
  ])('takes the options %j', (given, parsed) => {
    expect(embeddedModelForward.options.parse(given)).toEqual(parsed);
  });

  it.each([{ workers: 0 }, { workers: 17 }, { workers: 1.5 }, { timeout_ms: 0 }, { worker: 2 }])(
    'refuses the options %j',
    (options) => {
      expect(embeddedModelForward.options.safeParse(options).success).toBe(false);
    },
  );
});

describe('embedded model forward with .tflite files', () => {
  const facePackage = dirname(createRequire(import.meta.url).resolve('@mediapipe/face_detection'));
  const faceFile = join(facePackage, 'face_detection_short_range.tflite');

  it('loads and runs a real one, and says which outputs are not those of its category', async () => {
    const root = await rootWith({ 'faces/model.tflite': await readFile(faceFile) });
    const forward = await openOn(root);
    const faces = testModel({ name: 'faces', category: 'object_detection', imageResolution: [128, 128] });
    await expect(forward.load(faces, signal)).rejects.toThrow(
      /"faces" \(models\/faces\/model\.tflite\) cannot be used: it answered with .*\[1, 896, 16\].*\[1, 896, 1\]/,
    );
    await expect(forward.load({ ...faces, imageResolution: [64, 64] }, signal)).rejects.toThrow(/takes \[128, 128\]/);
  });

  it.each([
    ['int8', int8Classifier],
    ['uint8', uint8Classifier],
  ])('runs one that is quantised to %s, whatever normalisation the inventory says', async (_, file) => {
    for (const normalization of ['yolo', 'mobilenet'] as const) {
      const forward = await openOn(await rootWith({ 'colours/m.tflite': file() }));
      const loaded = await forward.load({ ...colours, normalization }, signal);
      const found = await loaded.predict(await plainImage('blue'), null, signal);
      expect(found).toMatchObject({ label: 'blue', probability: 0.99609375 });
    }
  });

  it('runs one whose signature names no tensors', async () => {
    const file = Buffer.from(int8Classifier());
    // Lengths of the names that stand in the signature: none is left.
    for (const name of ['keras_tensor', 'scores', 'output_0']) {
      for (let at = file.indexOf(name); at >= 0; at = file.indexOf(name, at + 1)) {
        if (file.readUInt32LE(at - 4) === name.length) file.writeUInt32LE(0, at - 4);
      }
    }
    expect(readTfliteFile(file).bytes).not.toBe(file);
    const found = await predictOnce({ 'colours/m.tflite': file }, colours, 'lime');
    expect(found).toMatchObject({ label: 'green' });
  });

  // The public sample model of pen caps and its pictures, where they are at hand.
  const samples = process.env.SAMPLES_DIR ?? '';
  it.skipIf(samples === '')('gives the same probabilities as the original runtime (needs SAMPLES_DIR)', async () => {
    const root = await rootWith({});
    await mkdir(join(root, 'models/caps'), { recursive: true });
    await copyFile(join(samples, 'marker_quality_control/model.tflite'), join(root, 'models/caps/model.tflite'));
    const forward = await openOn(root);
    const model = testModel({ labels: ['OK', 'KO'], imageResolution: [224, 224], normalization: 'mobilenet' });
    const loaded = await forward.load(model, signal);
    for (const [file, label, probability] of [
      ['10.jpg', 'KO', 0.83054],
      ['128.jpg', 'OK', 0.99719],
      ['22.jpg', 'OK', 0.99994],
      ['431.jpg', 'OK', 0.98218],
    ] as const) {
      const found = await loaded.predict(imageOf(await readFile(join(samples, 'marker_images', file))), null, signal);
      expect(found).toMatchObject({ kind: 'classification', label });
      expect(found.kind === 'classification' && found.probability).toBeCloseTo(probability, 2);
    }
  });
});

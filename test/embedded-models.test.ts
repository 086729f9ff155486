import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Color } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  colourClassifier,
  constantModel,
  type Port,
  slowClassifier,
} from '../src/adapters/model-forwards/embedded/onnx-file.test-support.ts';
import type { Diagnostic } from '../src/domain/diagnostic.ts';
import type { Item } from '../src/domain/item.ts';
import {
  anyLabel,
  form,
  newEdgeRoot,
  newFolder,
  oneCamera,
  picture,
  RULES,
  stationConfig,
} from './edge-root.test-support.ts';
import { runCommand, type StationProcess, startStation } from './station-process.test-support.ts';

const INPUT: Port = { name: 'image', shape: [1, 32, 32, 3] };
const COLOURS = ['red', 'green', 'blue'];

/** Answers with one object in the right half of the picture. */
const rightHalfDetector = constantModel(INPUT, [
  { name: 'boxes', shape: [1, 2, 4], values: [0, 0.5, 1, 1, 0.2, 0.2, 0.4, 0.4] },
  { name: 'classes', shape: [1, 2], values: [1, 0] },
  { name: 'scores', shape: [1, 2], values: [0.9, 0.1] },
  { name: 'count', shape: [1], values: [2] },
]);

const classifier = (labels: readonly string[]) => ({ category: 'classification', class_names: labels });
const withModel = (name: string) => stationConfig({ top: oneCamera({ models_graph: { model: { name } } }) });

let root: string;
let station: StationProcess;

beforeAll(async () => {
  root = newEdgeRoot({
    'config/edge.json': { active_config: 'colour', model_forward: { type: 'embedded', timeout_ms: 200, workers: 1 } },
    'config/inventory.json': {
      cameras: ['fake'],
      models: {
        colour: classifier(COLOURS),
        finder: { category: 'object_detection', class_names: ['cap', 'pen'] },
        corrupt: classifier(COLOURS),
        missing: classifier(COLOURS),
        four_scores: classifier(COLOURS),
        no_scores: { category: 'object_detection', class_names: ['cap'] },
        two_labels: classifier(['red', 'green']),
        slow: classifier(['left', 'right']),
      },
      ...RULES,
    },
    'config/station_configs/line.json': stationConfig({}),
    'config/station_configs/colour.json': stationConfig({
      top: oneCamera({ models_graph: { colour: { name: 'colour' } }, camera_rule: anyLabel('red') }),
    }),
    'config/station_configs/crop.json': stationConfig({
      top: oneCamera({
        models_graph: {
          find: { name: 'finder', class_to_detect: 'pen' },
          colour: { name: 'colour', depends_on: ['find'] },
        },
        camera_rule: anyLabel('red'),
      }),
    }),
    'config/station_configs/cap.json': stationConfig({
      top: oneCamera({
        models_graph: {
          find: { name: 'finder', class_to_detect: ['cap'] },
          colour: { name: 'colour', depends_on: ['find'] },
        },
        camera_rule: anyLabel('red'),
      }),
    }),
    'config/station_configs/deep.json': stationConfig({
      top: oneCamera({
        models_graph: {
          last: { name: 'colour', depends_on: ['find', 'again'] },
          again: { name: 'finder', depends_on: ['find'], class_to_detect: 'pen' },
          find: { name: 'finder', class_to_detect: 'pen' },
          behind: { name: 'colour', depends_on: ['last'] },
        },
        camera_rule: { name: 'min_nb_objects_rule', parameters: { class_to_detect: 'red', min_threshold: 2 } },
      }),
    }),
    'config/station_configs/slow.json': stationConfig({
      top: oneCamera({ models_graph: { slow: { name: 'slow' } }, camera_rule: anyLabel('left', 'right') }),
      side: oneCamera({ models_graph: { colour: { name: 'colour' } }, camera_rule: anyLabel('red') }),
    }),
    ...Object.fromEntries(
      ['corrupt', 'missing', 'four_scores', 'no_scores', 'two_labels'].map((name) => [
        `config/station_configs/${name}.json`,
        withModel(name),
      ]),
    ),
    'models/colour/model.onnx': colourClassifier(INPUT, 'NHWC'),
    'models/two_labels/model.onnx': colourClassifier(INPUT, 'NHWC'),
    'models/finder/any name.onnx': rightHalfDetector,
    'models/corrupt/model.tflite': Buffer.from('this is no model'),
    'models/four_scores/model.onnx': constantModel(INPUT, [{ name: 'scores', shape: [1, 4], values: [1, 0, 0, 0] }]),
    'models/no_scores/model.onnx': constantModel(INPUT, [{ name: 'boxes', shape: [1, 1, 4], values: [0, 0, 1, 1] }]),
    'models/slow/model.onnx': slowClassifier(INPUT, 24),
    'data/plates/grey.jpg': await picture('red'),
  });
  station = await startStation(root);
});

describe('a picture of the colour red', () => {
  const red = { r: 250, g: 5, b: 5 };
  const canvas = (background: Color, channels: 3 | 4 = 3) =>
    sharp({ create: { width: 90, height: 60, channels, background } });

  it.each([
    ['as a JPEG', () => canvas(red).jpeg()],
    ['as a PNG', () => canvas(red).png()],
    ['as a WebP', () => canvas(red).webp()],
    ['with an alpha channel, which is dropped', () => canvas({ ...red, alpha: 0 }, 4).png()],
    ['of 16 bits', () => canvas(red).toColourspace('rgb16').png()],
    ['with a palette', () => canvas(red).png({ palette: true })],
    ['as a CMYK JPEG', () => canvas(red).toColourspace('cmyk').jpeg()],
    ['of one pixel', () => canvas(red).resize(1, 1).png()],
    ['that is very long', () => canvas(red).resize(4_000, 3, { fit: 'fill' }).png()],
  ])('is seen as red: %s', async (_kind, image) => {
    const item = await station.inspected(form({ image: await image().toBuffer() }));
    expect(item.error).toBe(null);
    expect(item.inferences.top?.colour?.full_image).toMatchObject({ label: 'red' });
    expect(item.decision).toBe('OK');
  });

  it('is seen upright, as its EXIF orientation says', async () => {
    await station.activate('crop');
    // stored with red above blue; turned clockwise, as orientation 6 asks, red is on the right
    const blueBelow = { input: await picture('blue', { width: 60, height: 30, format: 'png' }), top: 30, left: 0 };
    const stored = sharp({ create: { width: 60, height: 60, channels: 3, background: red } }).composite([blueBelow]);
    const item = await station.inspected(
      form({ image: await stored.withMetadata({ orientation: 6 }).jpeg().toBuffer() }),
    );
    expect(item.inferences.top).toEqual({
      find: { object_1: { label: 'pen', location: [0.5, 0, 1, 1], score: expect.closeTo(0.9, 5) } },
      colour: { object_1: { label: 'red', probability: expect.any(Number) } },
    });
    await station.activate('colour');
  });
});

describe('a picture that cannot be inspected', () => {
  const jpeg = picture({ r: 250, g: 5, b: 5 }, { width: 640, height: 480 });

  it.each<[string, string, () => Promise<Uint8Array>]>([
    ['a JPEG that was cut off', 'top.jpg', async () => (await jpeg).subarray(0, (await jpeg).length / 2)],
    ['a JPEG whose headers were cut off', 'top.bin', async () => (await jpeg).subarray(0, 12)],
    [
      'a PNG that was cut off',
      'top.png',
      async () =>
        (
          await sharp(await jpeg)
            .png()
            .toBuffer()
        ).subarray(0, 400),
    ],
    ['a text', 'top.bin', async () => Buffer.from('hello')],
    ['nothing at all', 'top.bin', async () => new Uint8Array()],
    ['an SVG', 'top.bin', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    [
      '100 megapixels',
      'top.png',
      () =>
        sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: 'red' } })
          .png({ compressionLevel: 1 })
          .toBuffer(),
    ],
  ])('is stored, named in the error and never OK: %s', async (_what, name, bytes) => {
    const sent = await bytes();
    const item = await station.inspected(form({ image: sent }));
    expect(item).toMatchObject({ decision: 'NO_DECISION', state: 'Done', inferences: {}, binaries: [name] });
    expect(item.error).toContain('"top"');
    const binary = await station.request('GET', `/items/${item.id}/binaries/top`);
    expect(Buffer.from(await binary.arrayBuffer()).equals(sent)).toBe(true);
  });

  it('does not keep the next one from being inspected', async () => {
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
  });
});

describe('an item', () => {
  it('names the model it was inspected with by version and digest of the file', async () => {
    const bytes = readFileSync(join(root, 'models/colour/model.onnx'));
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect((await station.inspected()).models).toEqual({ colour: { name: 'colour', version: '1', digest } });
  });
});

describe('a model file', () => {
  const state = async () => await station.get<unknown>('/configs/active');

  it.each([
    ['corrupt', /models\/corrupt\/model\.tflite/],
    ['missing', /models\/missing/],
    ['four_scores', /4.*3|3.*4/],
    ['no_scores', /boxes/],
    ['two_labels', /3.*2|2.*3/],
  ])('that cannot be used refuses the activation and leaves the station as it is: %s', async (name, reason) => {
    const diagnostics = await station.get<Diagnostic[]>('/configs/diagnostics');
    const own = diagnostics.filter(({ file }) => file === `config/station_configs/${name}.json`);
    expect(own).toContainEqual(
      expect.objectContaining({ severity: 'error', message: expect.stringMatching(reason), line: expect.any(Number) }),
    );
    expect(Object.keys((await station.get('/configs')) as object)).not.toContain(name);
    const before = await state();
    const answer = await station.activate(name);
    expect(answer.status).toBe(422);
    expect(((await answer.json()) as { message: string }).message).toMatch(reason);
    expect(await state()).toEqual(before);
    expect((await station.request('GET', '/health/ready')).status).toBe(200);
    expect(await station.inspected()).toMatchObject({ station_config: 'colour', decision: 'OK' });
  });

  it('that became corrupt refuses the activation of a config that was sound', async () => {
    const file = join(root, 'models/finder/any name.onnx');
    const sound = readFileSync(file);
    writeFileSync(file, sound.subarray(0, sound.length / 2));
    const answer = await station.activate('crop');
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('models/finder/any name.onnx');
    expect(await station.inspected()).toMatchObject({ station_config: 'colour', decision: 'OK' });
    writeFileSync(file, sound);
    expect((await station.activate('crop')).status).toBe(200);
  });

  it('may leave while the station runs on it', async () => {
    await station.activate('colour');
    const file = join(root, 'models/colour/model.onnx');
    const bytes = readFileSync(file);
    rmSync(file);
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
    writeFileSync(file, bytes);
  });
});

describe('a cascade', () => {
  it('shows the second model only what the first one kept', async () => {
    await station.activate('cap');
    const item = await station.inspected();
    expect(item.inferences.top).toEqual({ find: {}, colour: {} });
    expect(item).toMatchObject({ decision: 'NO_DECISION', error: null });
    await station.activate('colour');
  });
});

describe('a graph of several models', () => {
  it('names its results by the way they were found, in fractions of the full picture', async () => {
    await station.activate('deep');
    const item = await station.inspected();
    const red = { label: 'red', probability: expect.any(Number) };
    const score = expect.closeTo(0.9, 5);
    expect(item.inferences.top).toEqual({
      find: { object_1: { label: 'pen', location: [0.5, 0, 1, 1], score } },
      again: { object_1_object_1: { label: 'pen', location: [0.75, 0, 1, 1], score } },
      last: { find_object_1: red, again_object_1_object_1: red },
      behind: { find_object_1: red, again_object_1_object_1: red },
    });
    expect(Object.keys(item.inferences.top ?? {})).toEqual(['find', 'again', 'last', 'behind']);
    expect(item).toMatchObject({ decision: 'OK', error: null });
    await station.activate('colour');
  });
});

describe('a model that takes too long', () => {
  it('fails by name, and neither the other camera nor the next item with it', async () => {
    await station.activate('slow');
    const item = await station.inspected();
    expect(item.decision).toBe('NO_DECISION');
    expect(item.error).toMatch(/camera "top".*slow.*200 ms/);
    expect(item.inferences).toMatchObject({ side: { colour: { full_image: { label: 'red' } } } });
    await station.activate('colour');
    expect(await station.inspected()).toMatchObject({ decision: 'OK', error: null });
  });
});

describe('the demo line', () => {
  const DEMO = fileURLToPath(new URL('../examples/blister-line', import.meta.url));

  it('decides its packs as they were rendered', async () => {
    const demo = newFolder();
    for (const part of ['config', 'data/top', 'data/foil', 'models', 'plugins']) {
      cpSync(join(DEMO, part), join(demo, part), { recursive: true });
    }
    const line = await startStation(demo);
    expect((await line.request('GET', '/health/ready')).status).toBe(200);
    const truth = JSON.parse(readFileSync(join(DEMO, 'data/truth.json'), 'utf8')) as { decision: string }[];
    const items: Item[] = [];
    for (const _pack of truth) items.push(await line.inspected());
    expect(items.map(({ error }) => error)).toEqual(truth.map(() => null));
    const agreed = items.filter(({ decision }, index) => decision === truth[index]?.decision);
    expect(agreed.length / truth.length).toBeGreaterThanOrEqual(0.95);
    expect(await line.stop()).toBe(0);
  });
});

const SAMPLES = process.env.SAMPLES_DIR ?? '';

describe.skipIf(SAMPLES === '')('the marker model on real photographs (needs SAMPLES_DIR)', () => {
  it('gives the labels and probabilities of the original', async () => {
    const marker = newEdgeRoot({
      'config/edge.json': { active_config: 'marker' },
      'config/inventory.json': {
        cameras: ['fake'],
        models: { marker_quality_control: classifier(['OK', 'KO']) },
        ...RULES,
      },
      'config/station_configs/line.json': stationConfig({}),
      'config/station_configs/marker.json': stationConfig({
        pen: oneCamera(
          { order: 'in_order', models_graph: { cap: { name: 'marker_quality_control' } }, camera_rule: anyLabel('OK') },
          'marker_images',
        ),
      }),
    });
    cpSync(join(SAMPLES, 'marker_images'), join(marker, 'data/marker_images'), { recursive: true });
    cpSync(join(SAMPLES, 'marker_quality_control'), join(marker, 'models/marker_quality_control'), { recursive: true });
    const line = await startStation(marker);
    const seen: unknown[] = [];
    for (let count = 0; count < 4; count += 1) seen.push((await line.inspected()).inferences.pen?.cap?.full_image);
    expect(seen).toEqual([
      { label: 'KO', probability: expect.closeTo(0.83054, 1.7) },
      { label: 'OK', probability: expect.closeTo(0.99719, 1.7) },
      { label: 'OK', probability: expect.closeTo(0.99994, 1.7) },
      { label: 'OK', probability: expect.closeTo(0.98218, 1.7) },
    ]);
    expect(await line.stop()).toBe(0);
    const image = `pen=${join(SAMPLES, 'marker_images/10.jpg')}`;
    const { status, stdout } = await runCommand(['inspect', '--root', marker, '--image', image]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ decision: 'KO', state: 'Done', error: null });
  });
});

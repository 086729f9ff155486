import { describe, expect, it } from 'vitest';
import type { Model } from '../domain/model.ts';
import { edgeRoot, SAMPLE_INVENTORY, sentences } from './edge-root.test-support.ts';
import { type InventoryState, inventoryState } from './inventory-state.ts';

async function stateOf(
  content: object | string,
  files: Readonly<Record<string, string>> = {},
): Promise<InventoryState> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return await inventoryState({ name: 'inventory', file: 'config/inventory.json', text }, await edgeRoot(files), {});
}

const withModel = (entry: object): object => ({ ...SAMPLE_INVENTORY, models: { part: entry } });

async function modelOf(entry: object, files: Readonly<Record<string, string>> = {}): Promise<Model | undefined> {
  return (await stateOf(withModel(entry), files)).content?.models.get('part')?.model;
}

describe('the inventory', () => {
  it('offers what it lists', async () => {
    const { content, raw } = await stateOf(SAMPLE_INVENTORY);
    expect(raw).toEqual(SAMPLE_INVENTORY);
    expect(content).toMatchObject({
      cameraTypes: ['fake', 'usb_camera'],
      cameraRules: ['expected_label_rule', 'unexpected_label_rule', 'min_nb_objects_rule'],
      itemRules: ['min_threshold_ko_rule'],
    });
    expect([...(content?.models.keys() ?? [])]).toEqual(['finder', 'checker', 'unlabelled']);
  });

  it.each([
    [{}, ['cameras', 'models', 'camera_rules', 'item_rules']],
    [{ ...SAMPLE_INVENTORY, cameras: ['fak'] }, ['cameras.0']],
    [{ ...SAMPLE_INVENTORY, item_rules: ['expected_label_rule'] }, ['item_rules.0']],
    [{ ...SAMPLE_INVENTORY, camera_rule: [] }, ['camera_rule']],
    [withModel({}), ['models.part.category']],
    [withModel({ category: 'classification', version: '../1' }), ['models.part.version']],
    [withModel({ category: 'classification', version: -1 }), ['models.part.version']],
    [withModel({ category: 'classification', class_names: [] }), ['models.part.class_names']],
    [withModel({ category: 'classification', class_names_path: '../labels.txt' }), ['models.part.class_names_path']],
    [withModel({ category: 'object_detection', model_type: 'Yolo' }), ['models.part.model_type']],
    [withModel({ category: 'object_detection', objectness_threshold: 1.1 }), ['models.part.objectness_threshold']],
    [withModel({ category: 'object_detection', image_resolution: [300] }), ['models.part.image_resolution']],
    [withModel({ category: 'object_detection', image_resolution: [0, 300] }), ['models.part.image_resolution.0']],
    [withModel({ category: 'object_detection', output: { boxes: 'a' } }), ['models.part.output.boxes']],
    [{ ...SAMPLE_INVENTORY, models: { 'a/b': { category: 'classification' } } }, ['models.a/b']],
  ])('is refused for %j', async (content, paths) => {
    const { content: offered, diagnostics } = await stateOf(content);
    expect(offered).toBeNull();
    expect(diagnostics.filter(({ severity }) => severity === 'error').map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    ['cameras', 'usb_camra', 'usb_camera'],
    ['camera_rules', 'min_nb_object_rule', 'min_nb_objects_rule'],
    ['item_rules', 'min_treshold_ko_rule', 'min_threshold_ko_rule'],
  ])('suggests the name that was meant in %s', async (key, written, meant) => {
    const { diagnostics } = await stateOf({ ...SAMPLE_INVENTORY, [key]: [written] });
    expect(sentences(diagnostics)[0]).toContain(`found "${written}", did you mean "${meant}"?`);
  });
});

describe('a model of the inventory', () => {
  it.each([
    [{ category: 'classification' }, { normalization: 'mobilenet', resize: 'cover' }],
    [
      { category: 'classification', model_type: 'yolo' },
      { normalization: 'mobilenet', resize: 'cover' },
    ],
    [{ category: 'object_detection' }, { normalization: 'mobilenet', resize: 'stretch', modelType: 'Mobilenet' }],
    [
      { category: 'object_detection', model_type: 'yolo' },
      { normalization: 'yolo', resize: 'stretch' },
    ],
    [{ category: 'object_detection_with_classification' }, { normalization: 'mobilenet', resize: 'stretch' }],
    [{ category: 'object_detection' }, { version: '1', objectnessThreshold: 0.4, iouThreshold: 0.45, output: null }],
    [
      { category: 'object_detection', version: 3 },
      { version: '3', imageResolution: null },
    ],
    [{ category: 'object_detection', version: '0001' }, { version: '0001' }],
    [
      { category: 'object_detection', normalization: 'none', resize: 'letterbox' },
      { normalization: 'none', resize: 'letterbox' },
    ],
    [{ category: 'object_detection', image_resolution: [320, 240] }, { imageResolution: [320, 240] }],
    [
      {
        category: 'object_detection',
        output: { boxes_coordinates: 'b', objectness_scores: 's', number_of_boxes: 'n' },
      },
      { output: { detection_boxes: 'b', detection_scores: 's', number_of_boxes: 'n' } },
    ],
    [
      { category: 'object_detection', output: { boxes_coordinates: 'old', detection_boxes: 'new' } },
      { output: { detection_boxes: 'new' } },
    ],
  ])('%j means %j', async (entry, expected) => {
    expect(await modelOf(entry)).toMatchObject({ name: 'part', ...expected });
  });

  it('has no keys of the older names once resolved', async () => {
    const model = await modelOf({ category: 'object_detection', output: { boxes_coordinates: 'b' } });
    expect(Object.keys(model?.output ?? {})).not.toContain('boxes_coordinates');
  });
});

describe('the labels of a model', () => {
  const named = { category: 'classification', class_names_path: 'labels.txt' };

  it.each([
    {
      what: 'class_names',
      entry: { category: 'classification', class_names: ['a', 'b'] },
      files: {},
      labels: ['a', 'b'],
    },
    { what: 'a file under data/', entry: named, files: { 'data/labels.txt': 'a\nb\n' }, labels: ['a', 'b'] },
    { what: 'a file beside the model', entry: named, files: { 'models/part/labels.txt': 'a\nb' }, labels: ['a', 'b'] },
    {
      what: 'the file under data/ where both are there',
      entry: named,
      files: { 'data/labels.txt': 'a', 'models/part/labels.txt': 'b' },
      labels: ['a'],
    },
    {
      what: 'lines ended by CRLF, with a byte order mark and blank lines at the end',
      entry: named,
      files: { 'data/labels.txt': '\uFEFFcell phone\r\nperson\r\n\r\n  \r\n' },
      labels: ['cell phone', 'person'],
    },
    {
      what: 'a blank line between, which keeps its number',
      entry: named,
      files: { 'data/labels.txt': 'a\n\nc' },
      labels: ['a', '', 'c'],
    },
    {
      what: 'the only .txt beside the model',
      entry: { category: 'classification' },
      files: { 'models/part/Labels.TXT': 'a\nb', 'models/part/model.tflite': '' },
      labels: ['a', 'b'],
    },
  ])('come from $what', async ({ entry, files, labels }) => {
    const { content, diagnostics } = await stateOf(withModel(entry), files);
    expect(content?.models.get('part')?.model.labels).toEqual(labels);
    expect(diagnostics).toEqual([]);
  });

  it.each([
    {
      entry: { category: 'classification' },
      files: {},
      path: 'models.part',
      message: 'no labels are known, so results carry the number of the class: give class_names or class_names_path',
    },
    {
      entry: { category: 'classification' },
      files: { 'models/part/a.txt': 'a', 'models/part/b.txt': 'b' },
      path: 'models.part',
      message: 'models/part/ holds several .txt files, so none is taken for labels: name one with class_names_path',
    },
    {
      entry: { category: 'classification' },
      files: { 'models/part/a.txt': '\n' },
      path: 'models.part',
      message: 'models/part/a.txt holds no label',
    },
    {
      entry: named,
      files: {},
      path: 'models.part.class_names_path',
      message: 'the label file "labels.txt" exists neither under data/ nor under models/part/',
    },
    {
      entry: named,
      files: { 'data/labels.txt': '\n\n' },
      path: 'models.part.class_names_path',
      message: 'the label file "labels.txt" holds no label',
    },
    {
      entry: named,
      files: { 'data/labels.txt/x': '' },
      path: 'models.part.class_names_path',
      message: 'the label file "labels.txt" is not a file',
    },
  ])('are unknown, with a warning: $message', async ({ entry, files, path, message }) => {
    const { content, diagnostics } = await stateOf(withModel(entry), files);
    expect(content?.models.get('part')?.model.labels).toBeNull();
    expect(diagnostics).toMatchObject([{ severity: 'warning', path, message }]);
  });

  it('come from class_names where both are given', async () => {
    const { content, diagnostics } = await stateOf(withModel({ ...named, class_names: ['a'] }));
    expect(content?.models.get('part')?.model.labels).toEqual(['a']);
    expect(diagnostics).toMatchObject([{ message: 'class_names is given, so class_names_path is not read' }]);
  });
});

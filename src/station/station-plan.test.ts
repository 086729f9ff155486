import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseConfigFile } from './config-file.ts';
import { edgeRoot, SAMPLE_INVENTORY, sentences } from './edge-root.test-support.ts';
import { inventoryState } from './inventory-state.ts';
import { builtInKinds } from './kinds.ts';
import type { InspectModel } from './plan-context.ts';
import { type StationPlan, stationPlan } from './station-plan.ts';

interface Planned {
  readonly plan: StationPlan | null;
  readonly said: readonly string[];
}

interface Circumstances {
  readonly env?: Readonly<Record<string, string>>;
  readonly inventory?: object | string;
  readonly inspectModel?: InspectModel;
}

async function planned(config: object | string, circumstances: Circumstances = {}): Promise<Planned> {
  const { env = {}, inventory = SAMPLE_INVENTORY, inspectModel = async () => null } = circumstances;
  const root = await edgeRoot({ 'data/people/a.jpg': 'picture', 'data/secret/a.jpg': 'picture' });
  const offered = typeof inventory === 'string' ? inventory : JSON.stringify(inventory);
  const document = { name: 'inventory', file: 'config/inventory.json', text: offered };
  const text = typeof config === 'string' ? config : JSON.stringify(config, null, 1);
  const file = parseConfigFile({ file: 'config/station_configs/line.json', text }, env);
  const known = await inventoryState(document, root, env);
  const context = { root, inventory: known, kinds: builtInKinds, inspectModel };
  const plan = await stationPlan('line', file, context);
  return { plan, said: sentences(file.diagnostics) };
}

const expected = (label: unknown): object => ({ name: 'expected_label_rule', parameters: { expected_label: label } });
const CAMERA = { type: 'fake', input_images_folder: 'people', camera_rule: expected('person') };
const ITEM_RULE = { name: 'min_threshold_ko_rule', parameters: { threshold: 1 } };

/** A config with one camera "front" that judges people, changed. */
const withCamera = (change: object): object => ({ cameras: { front: { ...CAMERA, ...change } }, item_rule: ITEM_RULE });
/** The same with this graph. */
const withGraph = (models_graph: object, label: unknown = 'person'): object =>
  withCamera({ models_graph, camera_rule: expected(label) });
const find = { name: 'finder' };
const check = { name: 'checker' };

describe('the plan of a station config', () => {
  it('holds everything that is needed to open the station', async () => {
    const text = `{
      // from the specification
      "name": "phone line",
      "cameras": {
        "camera_id3": {
          "type": "fake", "input_images_folder": "people",
          "position": "front", "exposition": 100, "brightness": null,
          "models_graph": {
            "model_id6": { "name": "checker", "depends_on": ["model_id1"] },
            "model_id1": { "name": "finder", "depends_on": [], "class_to_detect": ["cell phone"] },
          },
          "camera_rule": { "name": "expected_label_rule", "parameters": { "expected_label": ["connected"] } },
        },
      },
      "item_rule": { "name": "min_threshold_ko_rule", "parameters": { "threshold": 1 } },
    }`;
    const { plan, said } = await planned(text);
    expect(said).toEqual([]);
    expect(plan).toMatchObject({
      name: 'line',
      raw: { name: 'phone line' },
      cameras: [
        {
          id: 'camera_id3',
          type: 'fake',
          options: { input_images_folder: 'people', order: 'random' },
          written: { input_images_folder: 'people' },
          metadata: { brightness: null, exposition: 100, position: 'front', source: 'people' },
          applySettings: false,
          graph: [
            { id: 'model_id1', modelName: 'finder', dependsOn: [], classToDetect: ['cell phone'] },
            { id: 'model_id6', modelName: 'checker', dependsOn: ['model_id1'], classToDetect: null },
          ],
          rule: { name: 'expected_label_rule', parameters: { expected_label: ['connected'] } },
          timeoutMs: 5000,
        },
      ],
      itemRule: ITEM_RULE,
    });
    expect([...(plan?.models.keys() ?? [])].sort()).toEqual(['checker', 'finder']);
    expect(plan?.models.get('finder')).toMatchObject({ category: 'object_detection', resize: 'stretch' });
  });

  it('keeps the cameras in the order of the file, also those called by numbers', async () => {
    const camera = JSON.stringify({ ...CAMERA, models_graph: { m: find } });
    const text = `{ "cameras": { "b": ${camera}, "2": ${camera}, "1": ${camera} }, "item_rule": ${JSON.stringify(ITEM_RULE)} }`;
    expect((await planned(text)).plan?.cameras.map(({ id }) => id)).toEqual(['b', '2', '1']);
  });

  it('is told apart by its content alone, not by comments and white space', async () => {
    const config = withGraph({ m: find });
    const digest = (await planned(config)).plan?.digest;
    expect(digest).toBe(createHash('sha256').update(JSON.stringify(config)).digest('hex'));
    expect((await planned(`// a comment\n${JSON.stringify(config)}`)).plan?.digest).toBe(digest);
    expect((await planned(withGraph({ m: find }, ['person']))).plan?.digest).not.toBe(digest);
  });

  it('may have no camera at all', async () => {
    const { plan, said } = await planned({ cameras: {}, item_rule: ITEM_RULE });
    expect(said).toEqual([]);
    expect(plan).toMatchObject({ cameras: [], models: new Map() });
  });

  it('takes "source" for the folder of a fake camera', async () => {
    const { plan } = await planned(
      withCamera({ input_images_folder: undefined, source: 'people', models_graph: { m: find } }),
    );
    expect(plan?.cameras[0]).toMatchObject({ options: { source: 'people' }, metadata: { source: 'people' } });
  });

  it('resolves the name of a model that stands once in the graph to its id', async () => {
    const { plan, said } = await planned(
      withGraph({ m1: find, m2: { ...check, depends_on: ['finder'] } }, 'connected'),
    );
    expect(said).toEqual([]);
    expect(plan?.cameras[0]?.graph[1]).toMatchObject({ id: 'm2', dependsOn: ['m1'] });
  });

  it('takes an id before a name', async () => {
    const graph = { finder: check, m1: find, m2: { ...check, depends_on: ['finder'] } };
    expect((await planned(withGraph(graph, 'connected'))).plan?.cameras[0]?.graph.at(-1)?.dependsOn).toEqual([
      'finder',
    ]);
  });

  it('never shows what came from the environment', async () => {
    const config = withCamera({
      input_images_folder: `\${FOLDER}`,
      position: `at \${PLACE}`,
      models_graph: { m: find },
      camera_rule: expected(`\${LABEL}`),
    });
    const env = { FOLDER: 'secret', PLACE: 'hidden', LABEL: 'nobody' };
    const { plan, said } = await planned(config, { env });
    expect(plan?.cameras[0]).toMatchObject({
      options: { input_images_folder: 'secret' },
      written: { input_images_folder: `\${FOLDER}` },
      metadata: { position: `at \${PLACE}`, source: `\${FOLDER}` },
      rule: { parameters: { expected_label: ['nobody'] } },
    });
    expect(plan?.raw).toEqual(config);
    expect(said).toEqual([
      `warning cameras.front.camera_rule.parameters.expected_label: the model "m", which the rule judges, cannot give the label "\${LABEL}". Its labels: "cell phone", "person"`,
    ]);
  });
});

describe('a broken station config', () => {
  it.each<[string, object, string]>([
    ['no cameras', { item_rule: ITEM_RULE }, 'cameras: "cameras" is missing, expected an object {…}'],
    ['no item rule', { cameras: {} }, 'item_rule: "item_rule" is missing, expected an object {…}'],
    [
      'an unknown key',
      { cameras: {}, item_rule: ITEM_RULE, descripton: '' },
      'descripton: unknown key "descripton", did you mean "description"? Allowed: "name", "description", "cameras", "deadline", "item_rule"',
    ],
    [
      'an unknown item rule',
      { cameras: {}, item_rule: { ...ITEM_RULE, name: 'min_threshold_ok_rule' } },
      'item_rule.name: found "min_threshold_ok_rule", did you mean "min_threshold_ko_rule"? Allowed: "min_threshold_ko_rule", "min_threshold_ok_ratio_rule"',
    ],
    [
      'an item rule that the inventory does not list',
      { cameras: {}, item_rule: { name: 'min_threshold_ok_ratio_rule', parameters: { min_threshold: 1 } } },
      'item_rule.name: the inventory does not list the item rule "min_threshold_ok_ratio_rule". Listed: "min_threshold_ko_rule"',
    ],
    [
      'a threshold of 0',
      { cameras: {}, item_rule: { ...ITEM_RULE, parameters: { threshold: 0 } } },
      'item_rule.parameters.threshold: found 0, expected at least 1',
    ],
    [
      'a camera type that does not exist',
      withCamera({ type: 'fakee' }),
      'cameras.front.type: found "fakee", did you mean "fake"? Allowed: "fake", "http_camera", "usb_camera", "rtsp_camera", "pi_camera"',
    ],
    [
      'a camera type that the inventory does not list',
      withCamera({ type: 'pi_camera', input_images_folder: undefined }),
      'cameras.front.type: the inventory does not list the camera type "pi_camera". Listed: "fake", "usb_camera"',
    ],
    [
      'a camera rule that the inventory does not list',
      withCamera({
        camera_rule: { name: 'max_nb_objects_rule', parameters: { class_to_detect: 'person', max_threshold: 1 } },
      }),
      'cameras.front.camera_rule.name: the inventory does not list the camera rule "max_nb_objects_rule". Listed: "expected_label_rule", "unexpected_label_rule", "min_nb_objects_rule"',
    ],
    [
      'an empty list of labels',
      withCamera({ camera_rule: expected([]) }),
      'cameras.front.camera_rule.parameters.expected_label: found [], expected at least 1 entry',
    ],
    [
      'a count that is not whole',
      withCamera({
        camera_rule: { name: 'min_nb_objects_rule', parameters: { class_to_detect: 'person', min_threshold: 1.5 } },
      }),
      'cameras.front.camera_rule.parameters.min_threshold: found 1.5, expected a whole number',
    ],
    [
      'a camera without a rule',
      withCamera({ camera_rule: undefined }),
      'cameras.front.camera_rule: "camera_rule" is missing, expected an object {…}',
    ],
    [
      'a misspelt camera key',
      withCamera({ expositon: 100 }),
      'cameras.front.expositon: unknown key "expositon", did you mean "exposition"?',
    ],
    ['a key of another camera type', withCamera({ fps: 30 }), 'cameras.front.fps: unknown key "fps".'],
    [
      'a camera without its folder',
      withCamera({ input_images_folder: undefined }),
      'cameras.front.input_images_folder: "input_images_folder" is missing, expected a folder under data/, here or in "source", which means the same',
    ],
    [
      'two folders',
      withCamera({ source: 'others' }),
      'cameras.front.source: found "others", expected the folder of "input_images_folder", which means the same: give one of the two',
    ],
    [
      'a folder outside of data/',
      withCamera({ input_images_folder: '../config' }),
      'cameras.front.input_images_folder: found "../config", expected a relative path with "/" between its parts and without ".."',
    ],
    [
      'a camera id that is taken',
      { cameras: { image: { ...CAMERA } }, item_rule: ITEM_RULE },
      'cameras.image: "image" cannot be a key here: expected another name than "0", "image", "serial_number", "category", which mean something else when pictures are sent',
    ],
    [
      'a camera id that is no path id',
      { cameras: { '../x': { ...CAMERA } }, item_rule: ITEM_RULE },
      'cameras.../x: "../x" cannot be a key here: expected 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
    ],
    [
      'an unknown model',
      withGraph({ m: { name: 'fnider' } }),
      'cameras.front.models_graph.m.name: the inventory has no model "fnider", did you mean "finder"? Its models: "finder", "checker", "unlabelled"',
    ],
    [
      'an unknown dependency',
      withGraph({ model_1: find, second: { ...find, depends_on: ['model_l'] } }),
      'cameras.front.models_graph.second.depends_on.0: no model of this graph has the id "model_l", did you mean "model_1"? Others: "model_1"',
    ],
    [
      'a dependency by a name that stands twice',
      withGraph({ m1: find, m2: find, m3: { ...check, depends_on: ['finder'] } }, 'connected'),
      'cameras.front.models_graph.m3.depends_on.0: "finder" stands in this graph as m1 and m2: give the id',
    ],
    [
      'a dependency on itself',
      withGraph({ m1: { ...find, depends_on: ['m1'] } }),
      'cameras.front.models_graph.m1.depends_on.0: the model "m1" depends on itself',
    ],
    [
      'a dependency named twice',
      withGraph({ m1: find, m2: { ...check, depends_on: ['m1', 'finder'] } }, 'connected'),
      'cameras.front.models_graph.m2.depends_on.1: the model "m2" names its dependency "m1" twice',
    ],
    [
      'a cycle',
      withGraph({
        m1: { ...find, depends_on: ['m2'] },
        m2: { ...find, depends_on: ['m3'] },
        m3: { ...find, depends_on: ['m1'] },
      }),
      'cameras.front.models_graph: models depend on each other in a circle: m1 → m2 → m3 → m1',
    ],
    [
      'a model id that is no path id',
      withGraph({ 'a b': find }),
      'cameras.front.models_graph.a b: "a b" cannot be a key here: expected 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
    ],
    ['a time limit of 0', withCamera({ timeout_ms: 0 }), 'cameras.front.timeout_ms: found 0, expected at least 1'],
  ])('with %s is told so', async (_what, config, sentence) => {
    const { plan, said } = await planned(config);
    const errors = said.filter((line) => line.startsWith('error'));
    expect(plan).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`error ${sentence}`);
  });

  it('is told everything at once, whatever checks it', async () => {
    const { said } = await planned({
      cameras: {
        a: { ...CAMERA, type: 'fak', models_graph: { m: { name: 'fnder', depends_on: ['x'] } } },
        b: { ...CAMERA, exposition: 'bright', models_graph: { m: { ...find, depends_on: ['m'], more: 1 } } },
      },
      item_rule: { name: 'none', parameters: {} },
      more: 1,
    });
    expect(
      said.filter((line) => line.startsWith('error')).map((line) => line.split(' ')[1]?.replace(/:$/, '')),
    ).toEqual([
      'cameras.a.type',
      'cameras.a.models_graph.m.name',
      'cameras.a.models_graph.m.depends_on.0',
      'cameras.b.exposition',
      'cameras.b.models_graph.m.depends_on.0',
      'cameras.b.models_graph.m.more',
      'item_rule.name',
      'more',
    ]);
  });

  it('cannot be used before the inventory is repaired, and is checked all the same', async () => {
    const { plan, said } = await planned(withGraph({ m: { ...find, depends_on: ['m'] } }), { inventory: '{' });
    expect(plan).toBeNull();
    expect(said).toEqual([
      'error : cannot be used before config/inventory.json is without errors',
      'error cameras.front.models_graph.m.depends_on.0: the model "m" depends on itself',
    ]);
  });

  it('says which model cannot be loaded, at each place that names it', async () => {
    const inspectModel: InspectModel = async ({ name }) => (name === 'checker' ? 'model "checker" has no file' : null);
    const { plan, said } = await planned(withGraph({ m1: find, m2: { ...check, depends_on: ['m1'] } }, 'connected'), {
      inspectModel,
    });
    expect(plan).toBeNull();
    expect(said).toEqual(['error cameras.front.models_graph.m2.name: model "checker" has no file']);
  });

  it('cannot use a model whose label file is missing', async () => {
    const models = { finder: { category: 'object_detection', class_names_path: 'labels.txt' } };
    const { plan, said } = await planned(withGraph({ m: find }), { inventory: { ...SAMPLE_INVENTORY, models } });
    expect(plan).toBeNull();
    expect(said).toEqual([
      'error cameras.front.models_graph.m.name: the label file of the model "finder" exists neither under data/ nor under models/finder/',
    ]);
  });

  it.each([
    ['[]'],
    ['null'],
    ['3'],
    ['"text"'],
    ['{ "cameras": [1], "item_rule": 3 }'],
    ['{ "cameras": { "a": 3 } }'],
    ['{'],
  ])('never throws: %s', async (text) => {
    const { plan, said } = await planned(text);
    expect(plan).toBeNull();
    expect(said.length).toBeGreaterThan(0);
  });
});

describe('a station config that deserves a second look', () => {
  it.each<[string, object, readonly string[]]>([
    [
      'class_to_detect on a classifier',
      withGraph({ m: { ...check, class_to_detect: ['connected'] } }, 'connected'),
      ['cameras.front.models_graph.m.class_to_detect: class_to_detect has no effect: "checker" is a classifier'],
    ],
    [
      'a label that the judged model cannot give',
      withGraph({ m: find }, ['person', 'persn']),
      [
        'cameras.front.camera_rule.parameters.expected_label.1: the model "m", which the rule judges, cannot give the label "persn", did you mean "person"? Its labels: "cell phone", "person"',
      ],
    ],
    [
      'a label of a model that the rule does not judge',
      withGraph({ m1: find, m2: { ...check, depends_on: ['m1'] } }, 'person'),
      [
        'cameras.front.camera_rule.parameters.expected_label: the model "m2", which the rule judges, cannot give the label "person". Its labels: "connected", "disconnected"',
      ],
    ],
    [
      'a label that the detector does not keep',
      withGraph({ m: { ...find, class_to_detect: 'cell phone' } }),
      [
        'cameras.front.camera_rule.parameters.expected_label: the model "m", which the rule judges, cannot give the label "person": its class_to_detect does not keep it',
      ],
    ],
    [
      'a label that the detector cannot find',
      withGraph({ m: { ...find, class_to_detect: ['person', 'dog'] } }),
      [
        'cameras.front.models_graph.m.class_to_detect.1: the model "finder" cannot give the label "dog". Its labels: "cell phone", "person"',
      ],
    ],
    [
      'a label of a model without labels',
      withGraph({ m: { name: 'unlabelled' } }, ['1', 'good']),
      [
        'cameras.front.camera_rule.parameters.expected_label.1: the model "m", which the rule judges, cannot give the label "good": it has no labels, its results carry the number of the class',
      ],
    ],
    [
      'a final model that no rule judges',
      withGraph({ m1: find, m2: find }),
      ['cameras.front.models_graph.m1: no rule judges the model "m1": the camera rule judges the last one, "m2"'],
    ],
    [
      'settings for a camera that has none',
      withCamera({ apply_settings: true, models_graph: { m: find } }),
      ['cameras.front.apply_settings: has no effect on a camera of the type fake'],
    ],
    [
      'a missing image folder',
      withCamera({ input_images_folder: 'poeple', models_graph: { m: find } }),
      ['cameras.front: image folder "poeple" under data/ does not exist'],
    ],
    [
      'a rule without a model',
      withCamera({}),
      ['cameras.front: there is no model, so the camera rule judges as if nothing was seen'],
    ],
  ])('gives a warning for %s, and a plan', async (_what, config, warnings) => {
    const { plan, said } = await planned(config);
    expect(said).toEqual(warnings.map((warning) => `warning ${warning}`));
    expect(plan).not.toBeNull();
  });
});

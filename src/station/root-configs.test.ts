import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../ports/context.test-support.ts';
import { readSettings } from '../settings.ts';
import { edgeRoot, SAMPLE_INVENTORY, sentences } from './edge-root.test-support.ts';
import type { InspectModel } from './plan-context.ts';
import { openRootConfigs, type RootConfigs } from './root-configs.ts';

const LINE = {
  cameras: {
    front: {
      type: 'fake',
      input_images_folder: 'parts',
      models_graph: { m: { name: 'finder' } },
      camera_rule: { name: 'expected_label_rule', parameters: { expected_label: 'person' } },
    },
  },
  item_rule: { name: 'min_threshold_ko_rule', parameters: { threshold: 1 } },
};
const anyModel: InspectModel = async () => null;
const inventoryFile = {
  'config/inventory.json': { ...SAMPLE_INVENTORY, models: { finder: SAMPLE_INVENTORY.models.finder } },
};

async function opened(
  files: Readonly<Record<string, string | object>>,
  env: Readonly<Record<string, string>> = {},
): Promise<{ root: string; configs: RootConfigs }> {
  const root = await edgeRoot({ 'data/parts/a.jpg': 'picture', ...files });
  return { root, configs: await openRootConfigs({ root, settings: readSettings(env), log: silentLog }) };
}

const linesAt = (folder: string, names: readonly string[]): Record<string, object> =>
  Object.fromEntries(names.map((name) => [`${folder}/${name}.json`, LINE]));

describe('the configs of an edge root', () => {
  it('are all there, by name, with nothing to say about them', async () => {
    const { configs } = await opened({ ...inventoryFile, ...linesAt('config/station_configs', ['b', 'a']) });
    const state = await configs.read(anyModel);
    expect(state.diagnostics).toEqual([]);
    expect(state.configs.map(({ name, raw, plan }) => [name, raw, plan?.name])).toEqual([
      ['a', LINE, 'a'],
      ['b', LINE, 'b'],
    ]);
    expect(state.inventory.raw).toEqual(inventoryFile['config/inventory.json']);
    expect(configs.edge?.model_forward.type).toBe('embedded');
  });

  it('never suffer from a broken one among them', async () => {
    const { configs } = await opened({
      ...inventoryFile,
      ...linesAt('config/station_configs', ['good']),
      'config/station_configs/syntax.json': '{',
      'config/station_configs/empty.json': '',
      'config/station_configs/wrong.json': '{ "cameras": 3 }',
      'config/station_configs/folder/x.json': '{}',
      'config/station_configs/a b.json': LINE,
      'config/station_configs/notes.md': 'x',
    });
    const { configs: found, diagnostics } = await configs.read(anyModel);
    expect(found.map(({ name, plan }) => [name, plan !== null])).toEqual([
      ['empty', false],
      ['good', true],
      ['syntax', false],
      ['wrong', false],
    ]);
    const files = [...new Set(diagnostics.map(({ file, severity }) => `${severity} ${file}`))];
    expect(files).toEqual([
      'error config/station_configs/empty.json',
      'error config/station_configs/syntax.json',
      'error config/station_configs/wrong.json',
      'error config/station_configs/a b.json',
      'warning config/station_configs/folder',
      'warning config/station_configs/notes.md',
    ]);
  });

  it('are read afresh each time', async () => {
    const { root, configs } = await opened(inventoryFile);
    expect((await configs.read(anyModel)).configs).toEqual([]);
    await mkdir(join(root, 'config/station_configs'));
    await writeFile(join(root, 'config/station_configs/line.json'), JSON.stringify(LINE));
    await writeFile(join(root, 'config/edge.json'), '{ "servr": {} }');
    const state = await configs.read(anyModel);
    expect(state.configs.map(({ name }) => name)).toEqual(['line']);
    expect(state.diagnostics).toMatchObject([{ file: 'config/edge.json', path: 'servr' }]);
    expect(configs.edge).not.toBeNull();
    await rm(join(root, 'data/parts'), { recursive: true });
    expect((await configs.readConfig('line', anyModel))?.diagnostics).toMatchObject([
      { severity: 'warning', message: 'image folder "parts" under data/ does not exist' },
    ]);
  });

  it('can be read one by one, by a name that is a config', async () => {
    const { configs } = await opened({ ...inventoryFile, ...linesAt('config/station_configs', ['a', 'b', 'a b']) });
    expect((await configs.readConfig('b', anyModel))?.plan?.name).toBe('b');
    for (const name of ['c', '', '..', '../inventory', 'a b', 'b.json']) {
      expect(await configs.readConfig(name, anyModel)).toBeUndefined();
    }
  });

  it('stand where edge.json says', async () => {
    const { configs } = await opened({
      'config/edge.json': {
        inventory: { type: 'json', path: 'shared/offer.json' },
        station_configs: { type: 'json', folder: 'lines' },
      },
      'shared/offer.json': inventoryFile['config/inventory.json'],
      ...linesAt('lines', ['a']),
    });
    const state = await configs.read(anyModel);
    expect(state.diagnostics).toEqual([]);
    expect(state.configs).toMatchObject([{ name: 'a', file: 'lines/a.json' }]);
  });

  it('ask about each model once, however many configs use it', async () => {
    const { configs } = await opened({ ...inventoryFile, ...linesAt('config/station_configs', ['a', 'b', 'c']) });
    const asked: string[] = [];
    const state = await configs.read(async ({ name }) => {
      asked.push(name);
      return 'its file is missing';
    });
    expect(asked).toEqual(['finder']);
    expect(sentences(state.diagnostics)).toEqual(
      Array(3).fill('error cameras.front.models_graph.m.name: its file is missing'),
    );
  });

  it('take a look at a model that fails for a reason like any other', async () => {
    const { configs } = await opened({ ...inventoryFile, ...linesAt('config/station_configs', ['a']) });
    const state = await configs.read(async () => {
      throw new Error('out of memory');
    });
    expect(state.diagnostics).toMatchObject([
      { severity: 'error', message: 'the model "finder" could not be looked at: out of memory' },
    ]);
  });
});

describe('an edge root that lacks something', () => {
  it('says so of a missing inventory, and of the configs that need it', async () => {
    const { configs } = await opened(linesAt('config/station_configs', ['a']));
    const { diagnostics, configs: found } = await configs.read(anyModel);
    expect(found).toMatchObject([{ name: 'a', plan: null }]);
    expect(diagnostics).toMatchObject([
      { file: 'config/inventory.json', severity: 'error', message: 'the inventory does not exist' },
      {
        file: 'config/station_configs/a.json',
        message: 'cannot be used before config/inventory.json is without errors',
      },
    ]);
  });

  it('warns of a missing folder of configs', async () => {
    const { configs } = await opened(inventoryFile);
    expect((await configs.read(anyModel)).diagnostics).toMatchObject([
      { file: 'config/station_configs', severity: 'warning', message: expect.stringContaining('does not exist') },
    ]);
  });

  it('has no edge config when edge.json is broken, and is read all the same', async () => {
    const { configs } = await opened({
      ...inventoryFile,
      ...linesAt('config/station_configs', ['a']),
      'config/edge.json': '[',
    });
    expect(configs.edge).toBeNull();
    expect(configs.edgeDiagnostics).toHaveLength(1);
    const state = await configs.read(anyModel);
    expect(state.diagnostics).toHaveLength(1);
    expect(state.configs[0]?.plan).not.toBeNull();
  });

  it('has one thing to say when it is no folder', async () => {
    const root = join(await edgeRoot({ file: '' }), 'file');
    for (const missing of [root, `${root}/nowhere`]) {
      const configs = await openRootConfigs({ root: missing, settings: readSettings({}), log: silentLog });
      expect(configs.edge).toBeNull();
      const { diagnostics } = await configs.read(anyModel);
      expect(diagnostics).toMatchObject([
        { file: '.', severity: 'error', message: expect.stringContaining('is not a folder') },
      ]);
      expect(JSON.stringify(diagnostics)).not.toContain(root);
    }
  });
});

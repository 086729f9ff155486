import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../src/domain/diagnostic.ts';
import {
  anyLabel,
  INVENTORY,
  newEdgeRoot,
  oneCamera,
  type RootFiles,
  stationConfig,
} from './edge-root.test-support.ts';
import { runCommand, startStation } from './station-process.test-support.ts';

/** The part of a plugin that defines a sink which writes each message as a line of a file. */
const sinkIntoFile = (exported: string, type: string): string => `export const ${exported} = defineTelemetrySink({
  type: '${type}',
  options: z.strictObject({ file: z.string() }),
  async open({ file }, { root }) {
    return {
      async send(telemetry) {
        for (const { message } of telemetry) await appendFile(join(root, file), JSON.stringify(message) + '\\n');
      },
      async check() {},
      async close() {},
    };
  },
});
`;

const RULE = `
import { defineCameraRule, type Decision, Labels, z } from 'edge-orchestrator';

export const rarelySeenRule = defineCameraRule({
  name: 'rarely_seen_rule',
  description: 'KO when one of these labels is seen more than once.',
  parameters: z.strictObject({ rare: Labels, otherwise: z.enum(['OK', 'NO_DECISION']).default('OK') }),
  decide(labels, { rare, otherwise }): Decision {
    return labels.filter((label) => rare.includes(label)).length > 1 ? 'KO' : otherwise;
  },
});
`;

const CAMERA_AND_SINK = `
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, defineCamera, defineItemRule, defineTelemetrySink, z } from 'edge-orchestrator';

export const pixelCamera = defineCamera({
  type: 'pixel_camera',
  options: z.strictObject({ colour: z.string() }),
  source: ({ colour }) => colour,
  async open() {
    return {
      async capture() {
        throw new AppError('CAPTURE_FAILED', 'the pixel is broken');
      },
      async check() {},
      async close() {},
    };
  },
});

export const unanimousRule = defineItemRule({
  name: 'unanimous_rule',
  description: 'KO unless all cameras say OK.',
  parameters: z.strictObject({}),
  decide: (decisions) => (decisions.every((decision) => decision === 'OK') ? 'OK' : 'KO'),
});

${sinkIntoFile('fileTelemetrySink', 'file')}`;

/** A plugin with everything that keeps, judges and tells: folders of the edge root, one JSON file a record. */
const STORES_FORWARD_AND_SINK = `
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, defineBinaryStorage, defineMetadataStorage, defineModelForward, defineTelemetrySink, z } from 'edge-orchestrator';

const remote = process.env.STORES_ARE_REMOTE === 'true';
const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw new AppError('STORAGE_FAILED', error.message, { cause: error });
};
async function write(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true }).catch(absent)) ?? [];

export const shelf = defineBinaryStorage({
  type: 'shelf',
  remote,
  options: z.strictObject({ folder: z.string() }),
  async open({ folder }, { root }) {
    const at = ({ config, itemId, name }) => join(root, folder, config, itemId, name);
    return {
      put: (key, bytes) => write(at(key), bytes),
      get: async (key) => await readFile(at(key)).catch(absent),
      delete: (key) => rm(at(key), { force: true }),
      async list(config, itemId) {
        const names = (await readdir(at({ config, itemId, name: '' })).catch(absent)) ?? [];
        const sized = names.map(async (name) => ({ name, bytes: (await stat(at({ config, itemId, name }))).size }));
        return await Promise.all(sized);
      },
      async *iterate() {
        for (const path of await filesBelow(join(root, folder))) {
          const [config, itemId, name] = path.split('/');
          if (name !== undefined) yield { config, itemId, name };
        }
      },
      async check() {},
      async close() {},
    };
  },
});

export const cardIndex = defineMetadataStorage({
  type: 'card_index',
  remote,
  options: z.strictObject({ folder: z.string() }),
  async open({ folder }, { root }) {
    const at = ({ config, itemId }) => join(root, folder, config, itemId + '.json');
    return {
      capacity: null,
      put: (item) => write(at({ config: item.station_config, itemId: item.id }), JSON.stringify(item)),
      async get(key) {
        const text = await readFile(at(key), 'utf8').catch(absent);
        return text === undefined ? undefined : JSON.parse(text);
      },
      delete: (key) => rm(at(key), { force: true }),
      async *iterate() {
        for (const path of await filesBelow(join(root, folder))) {
          const [config, file] = path.split('/');
          if (file !== undefined) yield { config, itemId: file.replace(/\\.json$/, '') };
        }
      },
      async check() {},
      async close() {},
    };
  },
});

export const pessimist = defineModelForward({
  type: 'pessimist',
  options: z.strictObject({ probability: z.number() }),
  async open({ probability }) {
    return {
      async load(model) {
        return {
          digest: null,
          predict: async () => ({ kind: 'classification', label: model.labels.at(-1), probability }),
          async close() {},
        };
      },
      inspect: async () => null,
      async check() {},
      async close() {},
    };
  },
});

${sinkIntoFile('notebook', 'notebook')}`;

const TOLD = 'data/told.jsonl';

const line = (rule: object): object => stationConfig({ top: oneCamera({ camera_rule: rule }) });
const rarely = (parameters: object): object => ({ name: 'rarely_seen_rule', parameters });

function rootWith(plugins: Readonly<Record<string, string>>, files: RootFiles = {}, edge: object = {}): string {
  return newEdgeRoot({
    ...Object.fromEntries(Object.entries(plugins).map(([name, text]) => [`plugins/${name}`, text])),
    'config/edge.json': {
      ...edge,
      model_forward: { type: 'fake', seed: 1 },
      plugins: Object.keys(plugins).map((name) => `./plugins/${name}`),
    },
    ...files,
  });
}

async function diagnosticsOf(root: string): Promise<readonly string[]> {
  const { stdout } = await runCommand(['check', '--root', root, '--json']);
  const diagnostics = JSON.parse(stdout) as readonly Diagnostic[];
  return diagnostics.map(({ severity, file, path, message }) => `${severity} ${file} ${path}: ${message}`);
}

describe.concurrent('a plugin', () => {
  it('in TypeScript defines a rule that a config uses and the inventory lists', async () => {
    const root = rootWith(
      { 'rarely-seen-rule.ts': RULE },
      {
        'config/inventory.json': { ...INVENTORY, camera_rules: ['rarely_seen_rule'] },
        'config/station_configs/line.json': line(rarely({ rare: 'bad', otherwise: 'NO_DECISION' })),
      },
    );
    const { status, stdout, stderr } = await runCommand(['inspect', '--root', root, '--config', 'line']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ decision: 'NO_DECISION', error: null });
    expect(status).toBe(0);
  });

  it('is checked like what is built in: parameters, labels, and whether the inventory lists it', async () => {
    const root = rootWith(
      { 'rarely-seen-rule.ts': RULE },
      {
        'config/inventory.json': { ...INVENTORY, camera_rules: ['rarely_seen_rule', 'rarely_sen_rule'] },
      },
    );
    expect((await diagnosticsOf(root)).join('\n')).toContain(
      'error config/inventory.json camera_rules.1: found "rarely_sen_rule", did you mean "rarely_seen_rule"?',
    );
    const other = rootWith(
      { 'rarely-seen-rule.ts': RULE },
      {
        'config/inventory.json': { ...INVENTORY, camera_rules: ['rarely_seen_rule'] },
        'config/station_configs/line.json': line(rarely({ rare: 'dent', often: 1 })),
      },
    );
    const said = await diagnosticsOf(other);
    const at = 'config/station_configs/line.json cameras.top.camera_rule.parameters';
    expect(said).toContain(`error ${at}.often: unknown key "often". Allowed: "rare", "otherwise"`);
    expect(said.join('\n')).toContain(`warning ${at}.rare: the model "sort", which the rule judges, cannot give the`);
  });

  it('in JavaScript defines several kinds, which serve until the next start', async () => {
    const root = rootWith(
      { 'own.js': CAMERA_AND_SINK },
      {
        'config/inventory.json': { ...INVENTORY, cameras: ['fake', 'pixel_camera'], item_rules: ['unanimous_rule'] },
        'config/station_configs/line.json': {
          cameras: { top: oneCamera({ type: 'pixel_camera', colour: 'red', input_images_folder: undefined }) },
          item_rule: { name: 'unanimous_rule', parameters: {} },
        },
      },
      { telemetry_sink: { type: 'file', file: TOLD }, active_config: 'line' },
    );
    const station = await startStation(root);
    const item = await station.inspected();
    expect(item).toMatchObject({ decision: 'KO', cameras: { top: { source: 'red' } } });
    expect(item.error).toContain('the pixel is broken');
    const told = await vi.waitUntil(
      () => existsSync(join(root, TOLD)) && readFileSync(join(root, TOLD), 'utf8'),
      20_000,
    );
    expect(JSON.parse(told)).toEqual({ item_id: item.id, config: 'line', decision: 'KO' });
    const edge = { plugins: ['./plugins/own.js', './plugins/later.js'], telemetry_sink: { type: 'file', file: 'x' } };
    writeFileSync(join(root, 'config/edge.json'), JSON.stringify(edge));
    const diagnostics = await station.get<readonly Diagnostic[]>('/configs/diagnostics');
    expect(diagnostics).toMatchObject([
      {
        severity: 'warning',
        path: 'plugins.1',
        message: 'the plugin "./plugins/later.js" is loaded at the next start',
      },
    ]);
    expect(await station.stop()).toBe(0);
  });

  it.each([
    ['on the station', 'false'],
    ['that are fed from its disk', 'true'],
  ])('gives a station its storages (%s), its model forward and its sink', async (_, isRemote) => {
    const root = rootWith(
      { 'all.ts': STORES_FORWARD_AND_SINK },
      {
        'config/edge.json': {
          plugins: ['./plugins/all.ts'],
          binary_storage: { type: 'shelf', folder: 'data/shelf' },
          metadata_storage: { type: 'card_index', folder: 'data/cards' },
          model_forward: { type: 'pessimist', probability: 0.875 },
          telemetry_sink: { type: 'notebook', file: TOLD },
          active_config: 'line',
        },
        'config/station_configs/line.json': line(anyLabel('good')),
      },
    );
    const station = await startStation(root, { env: { STORES_ARE_REMOTE: isRemote } });
    const item = await station.inspected();
    expect(item).toMatchObject({
      decision: 'KO',
      error: null,
      inferences: { top: { sort: { full_image: { label: 'bad', probability: 0.875 } } } },
      binaries: ['top.jpg'],
    });
    const written = (file: string): Promise<string> =>
      vi.waitUntil(() => existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8'), 20_000);
    expect(JSON.parse(await written(TOLD))).toEqual({ item_id: item.id, config: 'line', decision: 'KO' });
    expect(JSON.parse(await written(`data/cards/line/${item.id}.json`))).toMatchObject({ id: item.id, state: 'Done' });
    const picture = readFileSync(join(root, 'data/plates/grey.jpg'));
    await written(`data/shelf/line/${item.id}/top.jpg`);
    expect(readFileSync(join(root, `data/shelf/line/${item.id}/top.jpg`))).toEqual(picture);
    const shown = await station.request('GET', `/items/${item.id}/binaries/top`);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(picture);
    expect((await station.request('GET', '/health/ready')).status).toBe(200);
    expect(await station.stop()).toBe(0);
  });

  it('is in the JSON Schemas of its root', async () => {
    const root = rootWith({ 'rarely-seen-rule.ts': RULE, 'own.js': CAMERA_AND_SINK });
    const { stdout, status } = await runCommand(['schema', 'station-config', '--root', root]);
    expect(status).toBe(0);
    for (const name of ['rarely_seen_rule', 'pixel_camera', 'unanimous_rule']) expect(stdout).toContain(`"${name}"`);
    expect((await runCommand(['schema', 'edge', '--root', root])).stdout).toContain('"const": "file"');
    expect((await runCommand(['schema', 'station-config'])).stdout).not.toContain('rarely_seen_rule');
  });

  it('that cannot be used is an error of edge.json at its place, and stops the start', async () => {
    const root = rootWith({
      'rule.ts': RULE,
      'again.ts': RULE,
      'broken.ts': 'export const a = 1;\nexport const = 2;\n',
      'throwing.js': "\nthrow new Error('no licence');\n",
      'alone.js': "import 'an-sdk-that-is-absent';\n",
      'empty.js': 'export const rule = { name: "a_rule", decide() {} };\n',
      'named.js':
        "import { defineItemRule } from 'edge-orchestrator';\nexport const a = defineItemRule({ name: 'A rule' });\n",
      'shapeless.js':
        "import { defineItemRule } from 'edge-orchestrator';\nexport const a = defineItemRule({ name: 'a_rule' });\n",
      'idle.js':
        "import { defineCamera, z } from 'edge-orchestrator';\nexport const a = defineCamera({ type: 'a', options: z.strictObject({}) });\n",
    });
    const edge = {
      plugins: [...Object.keys(NAMES).map((name) => `./plugins/${name}`), './plugins/absent.ts', '../up.ts'],
    };
    writeFileSync(join(root, 'config/edge.json'), JSON.stringify(edge));
    const said = (await diagnosticsOf(root)).filter((one) => one.includes('edge.json'));
    for (const [index, sentence] of [...Object.values(NAMES), 'does not exist'].entries()) {
      if (sentence === null) continue;
      const name = [...Object.keys(NAMES), 'absent.ts'][index];
      expect(said.join('\n')).toContain(
        `error config/edge.json plugins.${index}: the plugin "./plugins/${name}" ${sentence}`,
      );
    }
    expect(said.at(-1)).toContain('plugins.10: found "../up.ts", expected a file of the edge root');
    expect(said).toHaveLength(10);
    expect(said.join('\n')).not.toContain(root);
    const { status, stderr } = await runCommand(['serve', '--root', root, '--port', '0']);
    expect(status).not.toBe(0);
    expect(stderr).toContain('no licence');
  });

  it('that never finishes to load is told by name, and neither start nor check waits for it for ever', async () => {
    const root = rootWith({
      'rule.ts': RULE,
      'endless.js': 'await new Promise(() => setInterval(() => {}, 1_000));\n',
    });
    const [said, served] = await Promise.all([
      diagnosticsOf(root),
      runCommand(['serve', '--root', root, '--port', '0']),
    ]);
    const sentence = 'the plugin "./plugins/endless.js" did not load within 10 s';
    expect(said).toContain(`error config/edge.json plugins.1: ${sentence}`);
    expect(served.stderr).toContain(sentence);
    expect(served.status).not.toBe(0);
  });
});

/** What is wrong with each plugin that cannot be used; null: nothing. */
const NAMES = {
  'rule.ts': null,
  'again.ts': 'defines the camera rule "rarely_seen_rule", which exists already',
  'broken.ts': 'cannot be loaded: ',
  'throwing.js': 'cannot be loaded: no licence',
  'alone.js': "cannot be loaded: Cannot find package 'an-sdk-that-is-absent'",
  'empty.js': 'exports nothing that was made with a define… function of "edge-orchestrator"',
  'named.js': 'defines the item rule "A rule", a name that is not of small letters, digits and "_"',
  'shapeless.js': 'defines the item rule "a_rule", whose parameters are no z.strictObject({…})',
  'idle.js': 'defines the camera "a", which has no function open',
} as const;

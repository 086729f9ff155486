import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';

const DEMO_ROOT = new URL('../examples/blister-line/', import.meta.url).pathname;
const CONFIG_NAME = 'bench';

/** A kind of station that is measured; `write` fills a new edge root. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  write(root: string): Promise<void>;
}

/** The stations to measure; the marker model joins them when SAMPLES_DIR names the folder with the samples. */
export function scenarios(samplesDir: string | undefined): readonly Scenario[] {
  const always: Scenario[] = [
    {
      name: 'fake-memory',
      what: 'one camera, fake model, nothing durable but the journal',
      write: (root) => writeFakeRoot(root, 'memory'),
    },
    {
      name: 'fake-filesystem',
      what: 'one camera, fake model, images and results durable on disk',
      write: (root) => writeFakeRoot(root, 'filesystem'),
    },
    {
      name: 'embedded-demo',
      what: 'the demo root with its own models, images and results durable on disk',
      write: copyDemoRoot,
    },
  ];
  if (samplesDir === undefined || samplesDir === '') return always;
  return [
    ...always,
    {
      name: 'embedded-marker',
      what: 'one camera with 224-pixel pictures, MobileNet classifier, images and results durable on disk',
      write: (root) => writeMarkerRoot(root, samplesDir),
    },
  ];
}

/** Changes keys of a root's `edge.json`. */
export async function changeEdge(root: string, change: object): Promise<void> {
  const file = join(root, 'config/edge.json');
  const edge = parse(await readFile(file, 'utf8'), [], { allowTrailingComma: true }) as object;
  await writeFile(file, JSON.stringify({ ...edge, ...change }, null, 2));
}

const isHere = (path: string): boolean => !/(^|\/)(storage|journal\.db[^/]*|[^/]*\.lock)$/.test(path);

/** The demo without what a station has written into it. */
async function copyDemoRoot(root: string): Promise<void> {
  for (const folder of ['config', 'data', 'models', 'plugins']) {
    await cp(join(DEMO_ROOT, folder), join(root, folder), { recursive: true, filter: isHere });
  }
}

/** The folder of the demo's first fake camera, copied; every scenario with a fake model looks at its pictures. */
async function copyDemoPictures(root: string): Promise<string> {
  const folder = join(DEMO_ROOT, 'config/station_configs');
  for (const name of (await readdir(folder)).sort()) {
    const { cameras } = parse(await readFile(join(folder, name), 'utf8'), [], { allowTrailingComma: true });
    for (const camera of Object.values<{ input_images_folder?: string; source?: string }>(cameras)) {
      const pictures = camera.input_images_folder ?? camera.source;
      if (pictures === undefined) continue;
      await cp(join(DEMO_ROOT, 'data', pictures), join(root, 'data/pictures'), { recursive: true, filter: isHere });
      return 'pictures';
    }
  }
  throw new Error('the demo root has no fake camera to take pictures from');
}

async function writeFakeRoot(root: string, storage: 'memory' | 'filesystem'): Promise<void> {
  const pictures = await copyDemoPictures(root);
  await writeConfigs(root, {
    edge: { binary_storage: { type: storage }, metadata_storage: { type: storage }, model_forward: { type: 'fake' } },
    pictures,
    model: { category: 'classification', class_names: ['OK', 'KO'], image_resolution: [224, 224] },
  });
}

async function writeMarkerRoot(root: string, samplesDir: string): Promise<void> {
  await cp(join(samplesDir, 'marker_images'), join(root, 'data/pictures'), { recursive: true });
  await cp(join(samplesDir, 'marker_quality_control'), join(root, 'models/model'), { recursive: true });
  await writeConfigs(root, {
    edge: { model_forward: { type: 'embedded' } },
    pictures: 'pictures',
    model: { category: 'classification', class_names: ['OK', 'KO'] },
  });
}

interface RootContent {
  readonly edge: object;
  readonly pictures: string;
  readonly model: object;
}

/** A station of one camera, one model and the rule that the label `OK` is good. */
async function writeConfigs(root: string, { edge, pictures, model }: RootContent): Promise<void> {
  const config = join(root, 'config');
  await mkdir(join(config, 'station_configs'), { recursive: true });
  const writeJson = (name: string, content: object) => writeFile(join(config, name), JSON.stringify(content, null, 2));
  await writeJson('edge.json', { ...edge, active_config: CONFIG_NAME });
  await writeJson('inventory.json', {
    cameras: ['fake'],
    models: { model },
    camera_rules: ['expected_label_rule'],
    item_rules: ['min_threshold_ko_rule'],
  });
  await writeJson(`station_configs/${CONFIG_NAME}.json`, {
    cameras: {
      camera_1: {
        type: 'fake',
        input_images_folder: pictures,
        order: 'in_order',
        models_graph: { model_1: { name: 'model' } },
        camera_rule: { name: 'expected_label_rule', parameters: { expected_label: ['OK'] } },
      },
    },
    item_rule: { name: 'min_threshold_ko_rule', parameters: { threshold: 1 } },
  });
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classified, testModel } from '../application/inspection.test-support.ts';
import type { Model } from '../domain/model.ts';
import type { CameraPlan, StationPlan } from './station-plan.ts';

/** Folder below `data/` of the pictures that `imageFolder` makes. */
const FOLDER = 'parts';

/** Makes an image folder with files of these names, each holding its own name. */
export async function imageFolder(root: string, names: readonly string[]): Promise<void> {
  await mkdir(join(root, 'data', FOLDER), { recursive: true });
  for (const name of names) await writeFile(join(root, 'data', FOLDER, name), name);
}

function planOfModel(name: string): Model {
  return testModel({ id: name }, classified('good')).model;
}

/** A fake camera that takes the pictures of `imageFolder` in their order, without models. */
export function planOfCamera(change: Partial<CameraPlan> = {}): CameraPlan {
  const options = { input_images_folder: FOLDER, order: 'in_order', ...change.options };
  return {
    id: 'front',
    type: 'fake',
    written: options,
    metadata: { brightness: null, exposition: null, position: null, source: FOLDER },
    applySettings: false,
    graph: [],
    rule: { name: 'expected_label_rule', parameters: { expected_label: ['good'] } },
    timeoutMs: 60_000,
    ...change,
    options,
  };
}

export function planOfStation(cameras: readonly CameraPlan[], change: Partial<StationPlan> = {}): StationPlan {
  const names = cameras.flatMap(({ graph }) => graph.map(({ modelName }) => modelName));
  return {
    name: 'line',
    raw: { written: 'config' },
    digest: 'digest of line',
    cameras,
    models: new Map(names.map((name) => [name, planOfModel(name)])),
    itemRule: { name: 'min_threshold_ko_rule', parameters: { threshold: 1 } },
    deadline: null,
    ...change,
  };
}

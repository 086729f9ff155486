import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

/** Files by path relative to the edge root; an object is written as JSON. */
export type RootFiles = Readonly<Record<string, string | object | Uint8Array>>;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder that is removed after the tests of the file. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'edge-orchestrator-'));
  folders.push(folder);
  return folder;
}

export function writeFiles(root: string, files: RootFiles): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(root, path), isRaw ? content : JSON.stringify(content, null, 1));
  }
}

/** An edge root of its own: {@link FAKE_ROOT} where `files` says nothing else. */
export function newEdgeRoot(files: RootFiles = {}): string {
  const root = newFolder();
  writeFiles(root, { ...FAKE_ROOT, ...files });
  return root;
}

export const RULES = {
  camera_rules: ['expected_label_rule', 'unexpected_label_rule', 'min_nb_objects_rule', 'max_nb_objects_rule'],
  item_rules: ['min_threshold_ko_rule', 'min_threshold_ok_ratio_rule'],
} as const;

export const INVENTORY = {
  cameras: ['fake', 'usb_camera', 'pi_camera'],
  models: {
    sorter: { category: 'classification', class_names: ['good', 'bad'], image_resolution: [32, 32] },
    finder: { category: 'object_detection', class_names: ['cap', 'pen'], image_resolution: [32, 32] },
  },
  ...RULES,
};

/** One camera, one step; changed by `change`. */
export function oneCamera(change: Readonly<Record<string, unknown>> = {}, folder = 'plates'): object {
  return {
    type: 'fake',
    input_images_folder: folder,
    models_graph: { sort: { name: 'sorter' } },
    camera_rule: anyLabel('good', 'bad'),
    ...change,
  };
}

/** A rule that is content with these labels. */
export function anyLabel(...labels: readonly string[]): object {
  return { name: 'expected_label_rule', parameters: { expected_label: labels } };
}

export function stationConfig(cameras: Readonly<Record<string, object>>, threshold = 1): object {
  return { cameras, item_rule: { name: 'min_threshold_ko_rule', parameters: { threshold } } };
}

/** A picture of one colour. */
export async function picture(
  colour: string | { r: number; g: number; b: number },
  {
    width = 64,
    height = 48,
    format = 'jpeg',
  }: { width?: number; height?: number; format?: 'jpeg' | 'png' | 'webp' } = {},
): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background: colour } })
    .toFormat(format)
    .toBuffer();
}

/** A multipart form; bytes become files. */
export function form(parts: Readonly<Record<string, string | Uint8Array>>): FormData {
  const data = new FormData();
  for (const [name, content] of Object.entries(parts)) {
    if (typeof content === 'string') data.set(name, content);
    else data.set(name, new Blob([Uint8Array.from(content)]), 'picture');
  }
  return data;
}

/** A station whose model is the fake one and whose items are all OK. */
const FAKE_ROOT: RootFiles = {
  'config/edge.json': { model_forward: { type: 'fake' }, active_config: 'line' },
  'config/inventory.json': INVENTORY,
  'config/station_configs/line.json': stationConfig({ top: oneCamera({ position: 'top' }) }),
  'data/plates/grey.jpg': await picture('grey'),
};

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { jsonSchemaOf, SCHEMA_NAMES } from './json-schemas.ts';
import { samplePicture } from './sample-picture.ts';

const EDGE = `{
  "$schema": "schemas/edge.json",
  // How models are run. "fake" gives random results, so that the station decides at once.
  // With a model.tflite or model.onnx in models/<model name>/, take { "type": "embedded" };
  // with a TensorFlow Serving, { "type": "tf_serving", "url": "http://127.0.0.1:8501" }.
  "model_forward": { "type": "fake" },
  // The config to start with; ACTIVE_CONFIG_NAME wins over it, and so does the one that was active last.
  "active_config": "first_inspection",
  // To keep so much room on the disk, the oldest OK items are removed first, KO ones last. Absent: everything stays.
  "retention": { "min_free_gb": 2 },
}
`;

const INVENTORY = `{
  "$schema": "schemas/inventory.json",
  // What is available here. A station config may use only what stands in this file.
  "cameras": ["fake", "usb_camera", "http_camera", "rtsp_camera", "pi_camera"],
  "models": {
    "plate_check": {
      "category": "classification",
      "class_names": ["good", "defect"],
      "image_resolution": [224, 224],
    },
  },
  "camera_rules": ["expected_label_rule", "unexpected_label_rule", "min_nb_objects_rule", "max_nb_objects_rule"],
  "item_rules": ["min_threshold_ko_rule", "min_threshold_ok_ratio_rule"],
}
`;

const STATION_CONFIG = `{
  "$schema": "../schemas/station-config.json",
  "description": "One camera looks at plates: good ones have a hole, defects a scratch.",
  "cameras": {
    "top": {
      // A fake camera takes its pictures from a folder under data/: put your own there.
      "type": "fake",
      "input_images_folder": "plates",
      "position": "above the belt",
      "models_graph": {
        "check": { "name": "plate_check" },
      },
      "camera_rule": { "name": "expected_label_rule", "parameters": { "expected_label": "good" } },
    },
  },
  // One camera that says KO is enough for the item to be KO.
  "item_rule": { "name": "min_threshold_ko_rule", "parameters": { "threshold": 1 } },
}
`;

const PICTURES = [0, 1, 2, 3] as const;

/**
 * Writes an edge root that works at once: fake camera, fake model, a few pictures, and the schemas for the editor.
 * Gives the paths of the files written, relative to the root. Rejects with `ROOT_INVALID` for a folder that holds
 * something, unless `isForced`; files that are there already are kept as they are.
 */
export async function writeNewRoot(root: string, isForced: boolean): Promise<readonly string[]> {
  if (!isForced && !(await isEmptyOrAbsent(root))) {
    throw new AppError('ROOT_INVALID', 'the folder is not empty; --force adds what is missing and keeps what is there');
  }
  const files = new Map<string, string | Uint8Array>([
    ['config/edge.json', EDGE],
    ['config/inventory.json', INVENTORY],
    ['config/station_configs/first_inspection.json', STATION_CONFIG],
  ]);
  for (const name of SCHEMA_NAMES)
    files.set(`config/schemas/${name}.json`, `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`);
  for (const index of PICTURES) {
    const kind = index % 2 === 0 ? 'good' : 'defect';
    files.set(`data/plates/plate_${index + 1}_${kind}.jpg`, await samplePicture(kind, index));
  }
  const written: string[] = [];
  await mkdir(join(root, 'models'), { recursive: true });
  for (const [path, content] of files) if (await writeNew(join(root, path), content)) written.push(path);
  return written;
}

async function isEmptyOrAbsent(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw new AppError('ROOT_INVALID', 'there is something of this name that is not a readable folder', { cause });
  }
}

/** False for a file that was there already. */
async function writeNew(path: string, content: string | Uint8Array): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

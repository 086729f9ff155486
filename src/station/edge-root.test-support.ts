import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../domain/diagnostic.ts';
import { temporaryFolder } from '../ports/context.test-support.ts';

/** An inventory with one model of each kind, and everything else there is. */
export const SAMPLE_INVENTORY = {
  cameras: ['fake', 'usb_camera'],
  models: {
    finder: { category: 'object_detection', class_names: ['cell phone', 'person'] },
    checker: { category: 'classification', class_names: ['connected', 'disconnected'] },
    unlabelled: { category: 'classification' },
  },
  camera_rules: ['expected_label_rule', 'unexpected_label_rule', 'min_nb_objects_rule'],
  item_rules: ['min_threshold_ko_rule'],
};

/** A new folder with these files, removed when the test ends. Objects are written as JSON. */
export async function edgeRoot(files: Readonly<Record<string, string | object>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content, null, 1));
  }
  return root;
}

/** `severity path: message` of each diagnostic. */
export function sentences(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
}

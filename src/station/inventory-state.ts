import type { Diagnostic } from '../domain/diagnostic.ts';
import { hasErrors } from '../domain/diagnostic.ts';
import type { ConfigDocument } from '../ports/station-configs.ts';
import { checkedConfig } from './config-check.ts';
import { parseConfigFile } from './config-file.ts';
import { type ResolvedModel, resolvedModel } from './inventory-models.ts';
import { inventorySchema } from './inventory-schema.ts';
import { builtInKinds, type Kinds } from './kinds.ts';

/** What the station offers, ready to be used. */
export interface InventoryContent {
  readonly cameraTypes: readonly string[];
  readonly cameraRules: readonly string[];
  readonly itemRules: readonly string[];
  readonly models: ReadonlyMap<string, ResolvedModel>;
}

export interface InventoryState {
  readonly file: string;
  /** As written; null when it is no JSON. */
  readonly raw: unknown;
  /** Null when the file has errors. */
  readonly content: InventoryContent | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks an inventory document and reads the label files it names. Never throws. */
export async function inventoryState(
  document: ConfigDocument,
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  kinds: Kinds = builtInKinds,
): Promise<InventoryState> {
  const file = parseConfigFile(document, env);
  const parsed = checkedConfig(file, inventorySchema(kinds));
  if (parsed === null || hasErrors(file.diagnostics)) {
    return { file: document.file, raw: file.raw, content: null, diagnostics: file.diagnostics };
  }
  const models = new Map<string, ResolvedModel>();
  for (const name of file.keys(['models'])) {
    const entry = parsed.models[name];
    if (entry === undefined) continue;
    const resolved = await resolvedModel(name, entry, root);
    models.set(name, resolved);
    if (resolved.warning !== null) file.warning(['models', name], resolved.warning);
    if (resolved.labelProblem !== null) {
      const place = ['models', name, 'class_names_path'];
      file.warning(place, `the label file "${file.written(place)}" ${resolved.labelProblem}`);
    }
  }
  const content = {
    cameraTypes: parsed.cameras,
    cameraRules: parsed.camera_rules,
    itemRules: parsed.item_rules,
    models,
  };
  return { file: document.file, raw: file.raw, content, diagnostics: file.diagnostics };
}

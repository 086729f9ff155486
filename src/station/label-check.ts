import { Labels } from '../domain/labels.ts';
import type { Model } from '../domain/model.ts';
import type { GraphNode } from '../domain/model-graph.ts';
import { quoted } from './config-check.ts';
import { type ConfigFile, type ConfigPath, valueAt } from './config-file.ts';
import type { ResolvedModel } from './inventory-models.ts';
import type { Kinds } from './kinds.ts';
import { suggestion } from './nearest-name.ts';

/** Labels that the rule waits for and the judged model never gives. */
export function checkRuleLabels(
  file: ConfigFile,
  place: ConfigPath,
  judged: GraphNode,
  resolved: ResolvedModel | undefined,
  { cameraRules }: Kinds,
): void {
  const rule = cameraRules.find(({ name }) => name === valueAt(file.value, [...place, 'camera_rule', 'name']));
  if (rule === undefined || resolved === undefined || resolved.labelProblem !== null) return;
  for (const [key, schema] of Object.entries(rule.parameters.shape)) {
    if (schema !== Labels) continue;
    const path = [...place, 'camera_rule', 'parameters', key];
    checkLabels(file, path, resolved.model, `the model "${judged.id}", which the rule judges,`, judged.classToDetect);
  }
}

/** Warns of each label at a place that the model cannot give. `kept`: the only labels that are kept of its results. */
export function checkLabels(
  file: ConfigFile,
  path: ConfigPath,
  model: Model,
  who: string,
  kept: readonly string[] | null = null,
): void {
  const labels = Labels.safeParse(valueAt(file.value, path));
  if (!labels.success) return;
  const isList = Array.isArray(valueAt(file.value, path));
  for (const [index, label] of labels.data.entries()) {
    const at = isList ? [...path, index] : path;
    const written = file.written(at);
    if (!canGive(model, label)) {
      const remedy =
        model.labels === null
          ? ': it has no labels, its results carry the number of the class'
          : suggestion(
              written,
              model.labels.slice(0, 20),
              model.labels.length > 20 ? 'The first of its labels' : 'Its labels',
            );
      file.warning(at, `${who} cannot give the label ${quoted(written)}${remedy}`);
    } else if (kept !== null && !kept.includes(label)) {
      file.warning(at, `${who} cannot give the label ${quoted(written)}: its class_to_detect does not keep it`);
    }
  }
}

function canGive(model: Model, label: string): boolean {
  return model.labels === null ? /^\d+$/.test(label) : model.labels.includes(label);
}

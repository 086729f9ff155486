import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextFile } from '../disk/text-file.ts';
import type { Model, OutputNames } from '../domain/model.ts';
import type { ModelEntry } from './inventory-schema.ts';

/** A model of the inventory, defaults filled in and labels read. */
export interface ResolvedModel {
  readonly model: Model;
  /** Why the label file that the inventory names cannot be used: an error of every config that uses the model. */
  readonly labelProblem: string | null;
  /** What else is worth saying, about the whole model. */
  readonly warning: string | null;
}

/** Never throws: a label file that cannot be used is a problem of the model. */
export async function resolvedModel(name: string, entry: ModelEntry, root: string): Promise<ResolvedModel> {
  const { labels, labelProblem, warning } = await labelsOf(name, entry, root);
  const isClassifier = entry.category === 'classification';
  const model: Model = {
    name,
    category: entry.category,
    version: String(entry.version),
    modelType: entry.model_type,
    imageResolution: entry.image_resolution ?? null,
    labels,
    output: entry.output === undefined ? null : outputNames(entry.output),
    objectnessThreshold: entry.objectness_threshold,
    iouThreshold: entry.iou_threshold,
    normalization: entry.normalization ?? (!isClassifier && entry.model_type === 'yolo' ? 'yolo' : 'mobilenet'),
    resize: entry.resize ?? (isClassifier ? 'cover' : 'stretch'),
  };
  return { model, labelProblem, warning };
}

type Output = NonNullable<ModelEntry['output']>;

function outputNames({ boxes_coordinates, objectness_scores, ...names }: Output): OutputNames {
  return {
    ...names,
    detection_boxes: names.detection_boxes ?? boxes_coordinates,
    detection_scores: names.detection_scores ?? objectness_scores,
  };
}

interface FoundLabels {
  readonly labels: readonly string[] | null;
  readonly labelProblem: string | null;
  readonly warning: string | null;
}

async function labelsOf(name: string, entry: ModelEntry, root: string): Promise<FoundLabels> {
  if (entry.class_names !== undefined) {
    const warning =
      entry.class_names_path === undefined ? null : 'class_names is given, so class_names_path is not read';
    return { labels: entry.class_names, labelProblem: null, warning };
  }
  if (entry.class_names_path !== undefined) return await namedLabelFile(name, entry.class_names_path, root);
  return await labelFileBesideModel(name, root);
}

/** Looked for under `data/` first, then beside the model. */
async function namedLabelFile(name: string, path: string, root: string): Promise<FoundLabels> {
  const problem = (labelProblem: string): FoundLabels => ({ labels: null, labelProblem, warning: null });
  for (const folder of ['data', `models/${name}`]) {
    const found = await readTextFile(join(root, folder, path));
    if (found.problem === null) {
      const labels = labelLines(found.text);
      return labels.length === 0 ? problem('holds no label') : { labels, labelProblem: null, warning: null };
    }
    if (!found.missing) return problem(found.problem);
  }
  return problem(`exists neither under data/ nor under models/${name}/`);
}

async function labelFileBesideModel(name: string, root: string): Promise<FoundLabels> {
  const entries = await readdir(join(root, 'models', name)).catch((): string[] => []);
  const candidates = entries.filter((entry) => /^[^.].*\.txt$/i.test(entry)).sort();
  const none = (warning: string): FoundLabels => ({ labels: null, labelProblem: null, warning });
  const [only] = candidates;
  if (only === undefined) {
    return none('no labels are known, so results carry the number of the class: give class_names or class_names_path');
  }
  if (candidates.length > 1) {
    return none(
      `models/${name}/ holds several .txt files, so none is taken for labels: name one with class_names_path`,
    );
  }
  const { text, problem } = await readTextFile(join(root, 'models', name, only));
  if (problem !== null) return none(`models/${name}/${only} ${problem}, so no labels are known`);
  const labels = labelLines(text);
  return labels.length === 0
    ? none(`models/${name}/${only} holds no label`)
    : { labels, labelProblem: null, warning: null };
}

/** One label a line. A blank line between labels keeps its number, blank lines at the end are none. */
function labelLines(text: string): readonly string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim());
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, last + 1);
}

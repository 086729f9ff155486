import type { Model } from '../domain/model.ts';
import { type GraphNode, orderGraph, unjudgedModels } from '../domain/model-graph.ts';
import { quoted } from './config-check.ts';
import { type ConfigFile, type ConfigPath, valueAt } from './config-file.ts';
import { checkLabels } from './label-check.ts';
import { suggestion } from './nearest-name.ts';
import type { PlanContext } from './plan-context.ts';
import { ModelStep } from './station-config.ts';

/** Checks a camera's graph of models and gives it in the order the models are taken; empty when it has none or cannot be ordered. */
export async function checkedGraph(
  place: ConfigPath,
  file: ConfigFile,
  context: PlanContext,
): Promise<readonly GraphNode[]> {
  const names = new Map(file.keys(place).map((id) => [id, modelNameOf(file, [...place, id])]));
  const nodes: GraphNode[] = [];
  for (const id of names.keys()) {
    const step = ModelStep.safeParse(valueAt(file.value, [...place, id]));
    const dependsOn = checkedDependencies(id, place, names, file);
    const model = await checkedModel([...place, id], file, context);
    // Only what the category makes of it: a classifier gives its one label whatever it is asked to detect.
    const isDetector = model?.category !== 'classification';
    const classToDetect = step.success && isDetector ? (step.data.class_to_detect ?? null) : null;
    nodes.push({ id, modelName: names.get(id) ?? '', dependsOn, classToDetect });
  }
  const { order, cycle } = orderGraph(nodes);
  if (order === null) {
    file.error(place, `models depend on each other in a circle: ${cycle.join(' → ')}`);
    return [];
  }
  const judged = order.at(-1);
  for (const { id } of unjudgedModels(order)) {
    file.warning(
      [...place, id],
      `no rule judges the model "${id}": the camera rule judges the last one, "${judged?.id}"`,
    );
  }
  return order;
}

function modelNameOf(file: ConfigFile, place: ConfigPath): string | undefined {
  const name = valueAt(file.value, [...place, 'name']);
  return typeof name === 'string' ? name : undefined;
}

/** The dependencies of a model as ids of the graph. */
function checkedDependencies(
  id: string,
  place: ConfigPath,
  names: ReadonlyMap<string, string | undefined>,
  file: ConfigFile,
): readonly string[] {
  const written = valueAt(file.value, [...place, id, 'depends_on']);
  const found: string[] = [];
  for (const [index, dependency] of Array.isArray(written) ? written.entries() : []) {
    const path = [...place, id, 'depends_on', index];
    if (typeof dependency !== 'string') continue;
    const bearers = [...names].filter(([, name]) => name === dependency).map(([bearer]) => bearer);
    const target = names.has(dependency) ? dependency : bearers[0];
    if (target === undefined) {
      const shown = file.written(path);
      file.error(
        path,
        `no model of this graph has the id ${quoted(shown)}${suggestion(
          shown,
          [...names.keys()].filter((other) => other !== id),
          'Others',
        )}`,
      );
    } else if (!names.has(dependency) && bearers.length > 1) {
      file.error(path, `${quoted(file.written(path))} stands in this graph as ${bearers.join(' and ')}: give the id`);
    } else if (target === id) {
      file.error(path, `the model "${id}" depends on itself`);
    } else if (found.includes(target)) {
      file.error(path, `the model "${id}" names its dependency "${target}" twice`);
    } else {
      found.push(target);
    }
  }
  return found;
}

/** The model of the inventory that a step names, once everything about it is checked. */
async function checkedModel(place: ConfigPath, file: ConfigFile, context: PlanContext): Promise<Model | undefined> {
  const { content } = context.inventory;
  const path = [...place, 'name'];
  const name = valueAt(file.value, path);
  if (content === null || typeof name !== 'string' || file.hasError(path)) return undefined;
  const resolved = content.models.get(name);
  const shown = file.written(path);
  if (resolved === undefined) {
    file.error(
      path,
      `the inventory has no model ${quoted(shown)}${suggestion(shown, [...content.models.keys()], 'Its models')}`,
    );
    return undefined;
  }
  const { model, labelProblem } = resolved;
  if (labelProblem !== null) file.error(path, `the label file of the model ${quoted(shown)} ${labelProblem}`);
  const reason = await context.inspectModel(model);
  if (reason !== null) file.error(path, reason);
  const filter = [...place, 'class_to_detect'];
  if (model.category === 'classification') {
    if (file.written(filter) !== undefined)
      file.warning(filter, `class_to_detect has no effect: ${quoted(shown)} is a classifier`);
  } else if (labelProblem === null) {
    checkLabels(file, filter, model, `the model ${quoted(shown)}`);
  }
  return model;
}

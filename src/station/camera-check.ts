import type { GraphNode } from '../domain/model-graph.ts';
import { isObject, quoted } from './config-check.ts';
import { type ConfigFile, type ConfigPath, valueAt } from './config-file.ts';
import { checkedGraph } from './graph-check.ts';
import { checkRuleLabels } from './label-check.ts';
import { suggestion } from './nearest-name.ts';
import type { PlanContext } from './plan-context.ts';

/**
 * Checks what no schema can see of one camera: whether the inventory lists what it uses, its graph, its labels. Works on
 * whatever stands in the file, so that these errors come together with those of the schema. Gives the graph in taken order.
 */
export async function checkedCamera(id: string, file: ConfigFile, context: PlanContext): Promise<readonly GraphNode[]> {
  const place: ConfigPath = ['cameras', id];
  checkListed(file, [...place, 'type'], context.inventory.content?.cameraTypes, 'camera type');
  checkListed(file, [...place, 'camera_rule', 'name'], context.inventory.content?.cameraRules, 'camera rule');
  await checkOptions(file, place, context);
  const graph = await checkedGraph([...place, 'models_graph'], file, context);
  const judged = graph.at(-1);
  if (judged !== undefined) {
    checkRuleLabels(file, place, judged, context.inventory.content?.models.get(judged.modelName), context.kinds);
  } else if (file.keys([...place, 'models_graph']).length === 0 && isObject(valueAt(file.value, place))) {
    const at = file.written([...place, 'models_graph']) === undefined ? place : [...place, 'models_graph'];
    file.warning(at, 'there is no model, so the camera rule judges as if nothing was seen');
  }
  return graph;
}

/** A name that the product knows must be one that the inventory lists; others are the schema's business. */
export function checkListed(
  file: ConfigFile,
  path: ConfigPath,
  listed: readonly string[] | undefined,
  what: string,
): void {
  const name = valueAt(file.value, path);
  if (typeof name !== 'string' || listed === undefined || listed.includes(name) || file.hasError(path)) return;
  // Known but not offered here: no typo, so no suggestion.
  const sentence = `the inventory does not list the ${what} ${quoted(file.written(path))}`;
  file.error(path, `${sentence}${suggestion(undefined, listed, 'Listed')}`);
}

async function checkOptions(file: ConfigFile, place: ConfigPath, { root, kinds }: PlanContext): Promise<void> {
  const config = valueAt(file.value, place);
  const kind = isObject(config) ? kinds.cameras.find(({ type }) => type === config.type) : undefined;
  if (!isObject(config) || kind === undefined) return;
  if (config.apply_settings === true && kind.appliesSettings !== true) {
    file.warning([...place, 'apply_settings'], `has no effect on a camera of the type ${kind.type}`);
  }
  const own = (from: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(from).filter(([key]) => Object.hasOwn(kind.options.shape, key)));
  const options = kind.options.safeParse(own(config));
  if (kind.inspect === undefined || !options.success) return;
  const written = file.written(place);
  const reason = await kind.inspect(options.data as never, { root, written: isObject(written) ? own(written) : {} });
  if (reason !== null) file.warning(place, reason);
}

/** One model of a camera's graph, as the station config says it, dependencies resolved to ids of the graph. */
export interface GraphNode {
  readonly id: string;
  /** Name of the model in the inventory. */
  readonly modelName: string;
  readonly dependsOn: readonly string[];
  /** Labels to keep; null keeps all. */
  readonly classToDetect: readonly string[] | null;
}

export type OrderedGraph =
  | { readonly order: readonly GraphNode[]; readonly cycle: null }
  | { readonly order: null; readonly cycle: readonly string[] };

/**
 * The order in which the models of a graph are taken: repeatedly the first listed model whose dependencies are taken.
 * Where none is left to take, the ids that wait for each other are the `cycle`.
 */
export function orderGraph(nodes: readonly GraphNode[]): OrderedGraph {
  const order: GraphNode[] = [];
  const taken = new Set<string>();
  const waiting = [...nodes];
  while (waiting.length > 0) {
    const index = waiting.findIndex((node) => node.dependsOn.every((id) => taken.has(id)));
    const [node] = index < 0 ? [] : waiting.splice(index, 1);
    if (node === undefined) return { order: null, cycle: cycleAmong(waiting) };
    taken.add(node.id);
    order.push(node);
  }
  return { order, cycle: null };
}

/** Models that no other depends on, but for the last one taken, which the camera rule judges. */
export function unjudgedModels(order: readonly GraphNode[]): readonly GraphNode[] {
  const needed = new Set(order.flatMap((node) => node.dependsOn));
  return order.slice(0, -1).filter((node) => !needed.has(node.id));
}

function cycleAmong(waiting: readonly GraphNode[]): readonly string[] {
  const byId = new Map(waiting.map((node) => [node.id, node]));
  const path: string[] = [];
  let current = waiting[0];
  while (current !== undefined && !path.includes(current.id)) {
    path.push(current.id);
    const next = current.dependsOn.find((id) => byId.has(id));
    current = next === undefined ? undefined : byId.get(next);
  }
  return current === undefined ? path : [...path.slice(path.indexOf(current.id)), current.id];
}

import { describe, expect, it } from 'vitest';
import { type GraphNode, orderGraph, unjudgedModels } from './model-graph.ts';

/** `{ b: ['a'] }`: model b depends on model a. */
function graph(dependencies: Readonly<Record<string, readonly string[]>>): readonly GraphNode[] {
  return Object.entries(dependencies).map(([id, dependsOn]) => ({
    id,
    dependsOn,
    modelName: 'm',
    classToDetect: null,
  }));
}

describe('the order of a model graph', () => {
  it.each([
    { name: 'none', dependencies: {}, order: [] },
    { name: 'one model', dependencies: { a: [] }, order: ['a'] },
    { name: 'independent models as listed', dependencies: { b: [], a: [] }, order: ['b', 'a'] },
    { name: 'a chain listed backwards', dependencies: { c: ['b'], b: ['a'], a: [] }, order: ['a', 'b', 'c'] },
    {
      name: 'the first listed model that can be taken',
      dependencies: { c: ['a'], b: [], a: [] },
      order: ['b', 'a', 'c'],
    },
    { name: 'back to the first listed after each', dependencies: { d: ['a'], a: [], b: [] }, order: ['a', 'd', 'b'] },
    { name: 'a diamond', dependencies: { d: ['b', 'c'], b: ['a'], c: ['a'], a: [] }, order: ['a', 'b', 'c', 'd'] },
  ])('takes $name', ({ dependencies, order }) => {
    expect(orderGraph(graph(dependencies)).order?.map(({ id }) => id)).toEqual(order);
  });

  it.each([
    { dependencies: { a: ['a'] }, cycle: ['a', 'a'] },
    { dependencies: { a: ['b'], b: ['a'] }, cycle: ['a', 'b', 'a'] },
    { dependencies: { x: ['a'], a: ['b'], b: ['c'], c: ['a'] }, cycle: ['a', 'b', 'c', 'a'] },
    { dependencies: { ok: [], a: ['ok', 'b'], b: ['a'] }, cycle: ['a', 'b', 'a'] },
  ])('names the models that wait for each other in $dependencies', ({ dependencies, cycle }) => {
    expect(orderGraph(graph(dependencies))).toEqual({ order: null, cycle });
  });
});

describe('models that no rule judges', () => {
  it.each([
    { dependencies: {}, unjudged: [] },
    { dependencies: { a: [] }, unjudged: [] },
    { dependencies: { a: [], b: ['a'] }, unjudged: [] },
    { dependencies: { a: [], b: [] }, unjudged: ['a'] },
    { dependencies: { a: [], b: ['a'], c: ['a'] }, unjudged: ['b'] },
    { dependencies: { a: [], b: [], c: ['a', 'b'] }, unjudged: [] },
  ])('are $unjudged in $dependencies', ({ dependencies, unjudged }) => {
    const { order } = orderGraph(graph(dependencies));
    expect(unjudgedModels(order ?? []).map(({ id }) => id)).toEqual(unjudged);
  });
});

import { z } from 'zod';
import type { Kinds } from './kinds.ts';

/** Which list a kind that a plugin defined is for: the kinds of several ports look alike. */
const lists = new WeakMap<object, keyof Kinds>();

const NOUNS: Readonly<Record<keyof Kinds, string>> = {
  cameras: 'camera',
  cameraRules: 'camera rule',
  itemRules: 'item rule',
  binaryStorages: 'binary storage',
  metadataStorages: 'metadata storage',
  modelForwards: 'model forward',
  telemetrySinks: 'telemetry sink',
};

/** A function that defines a kind, as plugins get it: what it defines is known to be for this list. */
export function definingFor<Define extends (kind: never) => object>(list: keyof Kinds, define: Define): Define {
  const marking = (kind: never): object => {
    const defined = define(kind);
    lists.set(defined, list);
    return defined;
  };
  return marking as Define;
}

/** The kinds with what a plugin exports beside them, or a sentence on why that cannot be. */
export function withExports(kinds: Kinds, module: Readonly<Record<string, unknown>>): Kinds | string {
  const exported = Object.values(module).flatMap((value): readonly (readonly [object, keyof Kinds])[] => {
    const list = typeof value === 'object' && value !== null ? lists.get(value) : undefined;
    return list === undefined ? [] : [[value as object, list]];
  });
  if (exported.length === 0) return 'exports nothing that was made with a define… function of "edge-orchestrator"';
  let joined = kinds;
  for (const [kind, list] of exported) {
    const problem = problemOf(kind, list, joined);
    if (problem !== null) return problem;
    joined = { ...joined, [list]: [...joined[list], kind] };
  }
  return joined;
}

/** What plugins define may come from JavaScript, where no compiler has looked at it. */
function problemOf(kind: object, list: keyof Kinds, kinds: Kinds): string | null {
  const isRule = list === 'cameraRules' || list === 'itemRules';
  const { name, shape, work } = isRule
    ? { name: 'name', shape: 'parameters', work: ['decide'] }
    : { name: 'type', shape: 'options', work: list === 'cameras' ? ['open', 'source'] : ['open'] };
  const valueAt = (key: string): unknown => Reflect.get(kind, key);
  const called = valueAt(name);
  if (typeof called !== 'string' || !/^[a-z][a-z0-9_]{0,63}$/.test(called)) {
    const shown = JSON.stringify(called) ?? 'without a name';
    return `defines the ${NOUNS[list]} ${shown}, a ${name} that is not of small letters, digits and "_"`;
  }
  const what = `defines the ${NOUNS[list]} "${called}"`;
  if (kinds[list].some((known) => Reflect.get(known, name) === called)) return `${what}, which exists already`;
  if (!(valueAt(shape) instanceof z.ZodObject)) return `${what}, whose ${shape} are no z.strictObject({…})`;
  if (isRule && typeof valueAt('description') !== 'string') return `${what}, which has no description`;
  const missing = work.find((key) => typeof valueAt(key) !== 'function');
  return missing === undefined ? null : `${what}, which has no function ${missing}`;
}

import { binaryStorages } from '../adapters/binary-storages/index.ts';
import { cameras } from '../adapters/cameras/index.ts';
import { metadataStorages } from '../adapters/metadata-storages/index.ts';
import { modelForwards } from '../adapters/model-forwards/index.ts';
import { telemetrySinks } from '../adapters/telemetry-sinks/index.ts';
import { cameraRules } from '../domain/camera-rules/index.ts';
import { itemRules } from '../domain/item-rules/index.ts';

const BUILT_IN = {
  cameras,
  cameraRules,
  itemRules,
  binaryStorages,
  metadataStorages,
  modelForwards,
  telemetrySinks,
} as const;

/**
 * Everything that the files of a root may choose from. Those of plugins are typed as if they were built in: what a
 * config says of one has passed the schema of the same list, and only the kind itself looks into it.
 */
export type Kinds = { readonly [List in keyof typeof BUILT_IN]: readonly (typeof BUILT_IN)[List][number][] };

export const builtInKinds: Kinds = BUILT_IN;

/** The same kinds always give the same thing, which is built when it is first asked for. */
export function oncePerKinds<Built>(build: (kinds: Kinds) => Built): (kinds: Kinds) => Built {
  const known = new WeakMap<Kinds, Built>();
  return (kinds) => {
    const built = known.get(kinds) ?? build(kinds);
    known.set(kinds, built);
    return built;
  };
}

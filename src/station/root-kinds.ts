import { edgeDocument } from './edge-config.ts';
import { builtInKinds, type Kinds } from './kinds.ts';
import { loadPlugins } from './plugins.ts';

export interface RootKinds {
  readonly kinds: Kinds;
  /** Why a plugin of the root could not be loaded, one sentence each. */
  readonly problems: readonly string[];
}

/** What the files of a root may choose from; without a root, what is built in. */
export async function rootKinds(root: string | undefined): Promise<RootKinds> {
  if (root === undefined) return { kinds: builtInKinds, problems: [] };
  const { kinds, outcomes } = await loadPlugins(root, await edgeDocument(root));
  const problems = [...outcomes].flatMap(([plugin, problem]) =>
    problem === null ? [] : `the plugin "${plugin}" ${problem}`,
  );
  return { kinds, problems };
}

import { jsonSchemaOf, SCHEMA_NAMES } from '../station/json-schemas.ts';
import { rootKinds } from '../station/root-kinds.ts';
import { type Output, terminal } from './output.ts';

export interface SchemaArgs {
  readonly name: string;
  /** The root whose plugins are described too; without one, what is built in. */
  readonly root?: string | undefined;
  readonly output?: Output;
}

/** Prints the JSON Schema of a config file. Exit code 1 for a name that is none, and when a plugin cannot be loaded. */
export async function schema({ name, root, output = terminal }: SchemaArgs): Promise<number> {
  const known = SCHEMA_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    output.err(`there is no schema "${name}"; there are: ${SCHEMA_NAMES.join(', ')}`);
    return 1;
  }
  const { kinds, problems } = await rootKinds(root);
  for (const problem of problems) output.err(problem);
  output.out(JSON.stringify(jsonSchemaOf(known, kinds), null, 2));
  return problems.length === 0 ? 0 : 1;
}

import { jsonSchemaOf, SCHEMA_NAMES } from '../station/json-schemas.ts';
import { type Output, terminal } from './output.ts';

export interface SchemaArgs {
  readonly name: string;
  readonly output?: Output;
}

/** Prints the JSON Schema of a config file. Exit code 1 for a name that is none. */
export async function schema({ name, output = terminal }: SchemaArgs): Promise<number> {
  const known = SCHEMA_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    output.err(`there is no schema "${name}"; there are: ${SCHEMA_NAMES.join(', ')}`);
    return 1;
  }
  output.out(JSON.stringify(jsonSchemaOf(known), null, 2));
  return 0;
}

import { readTextFile } from '../disk/text-file.ts';
import { AppError } from '../domain/errors.ts';

/**
 * A secret by the name of its environment variable, or from the file that `<NAME>_FILE` names; undefined when neither
 * is set. Rejects with `ROOT_INVALID` when the file cannot be read; the error names the variable, never the secret.
 */
export async function secretOf(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): Promise<string | undefined> {
  const direct = env[name];
  const file = env[`${name}_FILE`];
  if (direct !== undefined || file === undefined) return direct;
  const { text, problem } = await readTextFile(file);
  if (problem !== null) throw new AppError('ROOT_INVALID', `the file that ${name}_FILE names ${problem}`);
  return text.trim();
}

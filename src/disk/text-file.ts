import { readFile, stat } from 'node:fs/promises';

export type TextFile =
  | { readonly text: string; readonly problem: null }
  | { readonly text: ''; readonly problem: string; readonly missing: boolean };

/** Files that people write are small; a larger one is something else by mistake. */
const MAX_BYTES = 1_048_576;

/** A small UTF-8 file whole, or a sentence on why there is none: never throws, never waits for a pipe. Links are followed. */
export async function readTextFile(path: string): Promise<TextFile> {
  const without = (problem: string, missing = false): TextFile => ({ text: '', problem, missing });
  try {
    const found = await stat(path);
    if (!found.isFile()) return without('is not a file');
    if (found.size > MAX_BYTES) return without('is larger than 1 MB, which no file of this kind is');
    const bytes = await readFile(path);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), problem: null };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return without('does not exist', true);
    if (error instanceof TypeError) return without('is not UTF-8 text');
    return without(`cannot be read (${code ?? 'unknown reason'})`);
  }
}

import type { DeadLetterPart, DeadLetterRecord } from '../application/dead-letters.ts';
import type { Settings } from '../settings.ts';
import { type Books, openBooks } from '../station/open-books.ts';
import { createLog } from './log.ts';
import { type Output, terminal } from './output.ts';
import { reportStartError } from './start-error.ts';

export interface DeadLettersArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly action: 'list' | 'retry' | 'drop';
  /** Items that are tried again or given up; `all` for every one. */
  readonly itemIds: readonly string[];
  /** Only this of an item; undefined: all that was set aside of it. */
  readonly what: DeadLetterPart | undefined;
  readonly json: boolean;
  readonly output?: Output;
}

/** Lists what was set aside, tries it again or gives it up. */
export async function deadLetters(args: DeadLettersArgs): Promise<number> {
  const { root, settings, output = terminal } = args;
  try {
    const books = await openBooks({ root, settings, log: createLog('warn') });
    try {
      if (args.action === 'list') await list(books, args.json, output);
      else await change(books, args, args.action, output);
      return 0;
    } finally {
      await books.close();
    }
  } catch (error) {
    return reportStartError(error, output);
  }
}

async function list({ deadLetters: letters }: Books, json: boolean, output: Output): Promise<void> {
  const found = await letters.list();
  if (json) output.out(JSON.stringify(found, null, 2));
  else if (found.length === 0) output.out('nothing is set aside');
  else for (const letter of found) output.out(lineOf(letter));
}

function lineOf({ item_id, what, reason, attempts, since }: DeadLetterRecord): string {
  return `${item_id}  ${what}  since ${since}, ${attempts} attempts: ${reason}`;
}

async function change(
  { deadLetters: letters }: Books,
  { itemIds, what, json }: DeadLettersArgs,
  action: 'retry' | 'drop',
  output: Output,
): Promise<void> {
  const all = itemIds.includes('all') ? (await letters.list()).map(({ item_id }) => item_id) : itemIds;
  const done: { readonly item_id: string; readonly parts: readonly DeadLetterPart[] }[] = [];
  for (const item_id of new Set(all)) done.push({ item_id, parts: await letters[action](item_id, what) });
  if (json) return output.out(JSON.stringify(done, null, 2));
  const verb = action === 'retry' ? 'is tried again' : 'is given up';
  for (const { item_id, parts } of done) output.out(`${item_id}  ${parts.join(', ')} ${verb}`);
  if (done.length === 0) output.out('nothing is set aside');
}

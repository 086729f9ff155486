import type { Ledger } from '../application/ledger.ts';
import type { Settings } from '../settings.ts';
import { openBooks } from '../station/open-books.ts';
import { untilInterrupted } from './interrupt.ts';
import { createLog } from './log.ts';
import { type Output, progressBar, terminal } from './output.ts';
import { reportStartError } from './start-error.ts';

export interface LedgerArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly json: boolean;
  readonly output?: Output;
}

/** Most gaps that are printed; `--json` has more. */
const MOST_PRINTED = 20;

/** Prints the books of a root. The exit status is 0 only when they close. */
export async function ledger({ root, settings, json, output = terminal }: LedgerArgs): Promise<number> {
  return await untilInterrupted(async (signal) => {
    try {
      const books = await openBooks({ root, settings, log: createLog('warn') });
      const bar = progressBar();
      try {
        const found = await books.ledger(signal, bar.show);
        bar.end();
        output.out(json ? JSON.stringify(found, null, 2) : textOf(found));
        return found.closed ? 0 : 1;
      } finally {
        bar.end();
        await books.close();
      }
    } catch (error) {
      return reportStartError(error, output);
    }
  });
}

function textOf(found: Ledger): string {
  const row = (what: string, count: number, note = ''): string =>
    `${what.padEnd(34)}${String(count).padStart(10)}${note}`;
  const lines = [
    row('triggers accepted', found.accepted),
    row('items decided', found.decided),
    row('items stored', found.stored),
    ...found.deliveries.map(({ destination, delivered, waiting, set_aside, not_due }) => {
      const rest = Object.entries({ waiting, 'set aside': set_aside, 'not due': not_due });
      const notes = rest.filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`);
      return row(`delivered to ${destination}`, delivered, notes.length > 0 ? `  (${notes.join(', ')})` : '');
    }),
    ...(found.uploads > 0 ? [row('uploads, beside these', found.uploads)] : []),
    ...(found.removed > 0 ? [row('removed to make room, among these', found.removed)] : []),
  ];
  const gaps = found.missing.slice(0, MOST_PRINTED).map(({ item_id, what, why }) => `  ${item_id}  ${what}: ${why}`);
  const more = found.missing_count - gaps.length;
  if (gaps.length > 0) lines.push('', `${found.missing_count} missing:`, ...gaps);
  if (gaps.length > 0 && more > 0) lines.push(`  … and ${more} more`);
  if (found.unknown.length > 0) {
    lines.push('', `${found.unknown.length} stored items are not in the journal ("reindex" takes them in):`);
    lines.push(...found.unknown.slice(0, MOST_PRINTED).map((id) => `  ${id}`));
  }
  lines.push('', found.closed ? 'The ledger closes: nothing is missing.' : 'The ledger does not close.');
  return lines.join('\n');
}

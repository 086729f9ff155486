import type { Settings } from '../settings.ts';
import { reindex as rebuild } from '../station/reindex.ts';
import { createLog } from './log.ts';
import { type Output, terminal } from './output.ts';
import { reportStartError } from './start-error.ts';

export interface ReindexArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  /** The figures as JSON. */
  readonly json: boolean;
  readonly output?: Output;
  /** Shows how far it is; by default a counter on a terminal, nothing elsewhere. */
  readonly onProgress?: (items: number) => void;
}

/** Writes the journal anew from the stored items. Exit code 1 when it could not, or when a record was unreadable. */
export async function reindex({
  root,
  settings,
  json,
  output = terminal,
  onProgress = counter,
}: ReindexArgs): Promise<number> {
  const cancel = new AbortController();
  const onSignal = (): void => cancel.abort(new Error('it was interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const { signal } = cancel;
    const filled = await rebuild({ root, settings, log: createLog('warn'), signal, onProgress });
    if (process.stderr.isTTY) process.stderr.write('\n');
    if (json) output.out(JSON.stringify(filled));
    else output.out(`${filled.items} items are in the journal, ${filled.unreadable} records could not be read`);
    return filled.unreadable === 0 ? 0 : 1;
  } catch (error) {
    return reportStartError(error, output);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function counter(items: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${items} items`);
}

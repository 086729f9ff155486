import type { Settings } from '../settings.ts';
import { reindex as rebuild } from '../station/reindex.ts';
import { untilInterrupted } from './interrupt.ts';
import { createLog } from './log.ts';
import { type Output, progressBar, terminal } from './output.ts';
import { reportStartError } from './start-error.ts';

export interface ReindexArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  /** The figures as JSON. */
  readonly json: boolean;
  readonly output?: Output;
}

/** Writes the journal anew from the stored items. Exit code 1 when it could not, or when a record was unreadable. */
export async function reindex({ root, settings, json, output = terminal }: ReindexArgs): Promise<number> {
  return await untilInterrupted(async (signal) => {
    const bar = progressBar();
    try {
      const filled = await rebuild({ root, settings, log: createLog('warn'), signal, onProgress: bar.show });
      bar.end();
      if (json) output.out(JSON.stringify(filled));
      else output.out(`${filled.items} items are in the journal, ${filled.unreadable} records could not be read`);
      return filled.unreadable === 0 ? 0 : 1;
    } catch (error) {
      bar.end();
      return reportStartError(error, output);
    }
  });
}

import {
  createDeadLetters,
  type DeadLetterPart,
  type DeadLetterRecord,
  type DeadLetters,
} from '../application/dead-letters.ts';
import { type Ledger, ledgerOf } from '../application/ledger.ts';
import { lockRoot } from '../disk/lock-file.ts';
import { AppError } from '../domain/errors.ts';
import type { Log } from '../ports/context.ts';
import type { Settings } from '../settings.ts';
import { adapterContext } from './adapter-context.ts';
import { openStorages } from './open-storages.ts';
import { openRootConfigs, requireSoundRoot } from './root-configs.ts';
import { lockFile } from './root-files.ts';
import { type RunningStation, runningStation } from './running-station.ts';

/** What a root has on record, for commands. */
export interface Books {
  ledger(signal: AbortSignal, onProgress: (items: number, total: number) => void): Promise<Ledger>;
  readonly deadLetters: DeadLetters;
  close(): Promise<void>;
}

export interface BooksOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly log: Log;
}

/**
 * The books of a root: those of the station that serves it, asked over its API, or else read from its storages; what is
 * to be tried again is then tried at the next start. Rejects with `ROOT_INVALID`, and with `ADDRESS_UNAVAILABLE` when
 * another process has the root and cannot be asked.
 */
export async function openBooks(options: BooksOptions): Promise<Books> {
  const { root, settings, log } = options;
  const configs = await openRootConfigs(options);
  const edge = await requireSoundRoot(configs);
  let unlock: () => void;
  try {
    unlock = lockRoot(lockFile(root));
  } catch (error) {
    if (error instanceof AppError && error.code === 'ROOT_LOCKED') return booksOver(runningStation(root, settings));
    throw error;
  }
  try {
    const storages = await openStorages(edge, adapterContext(root, settings, log, configs.kinds));
    const { journal, close } = storages;
    return {
      ledger: (signal, onProgress) => ledgerOf({ ...storages, stored: journal.stored }, signal, onProgress),
      deadLetters: createDeadLetters({ journal }),
      async close() {
        await close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

function booksOver({ ask }: RunningStation): Books {
  const change = async (
    method: 'POST' | 'DELETE',
    path: string,
    what?: DeadLetterPart,
  ): Promise<readonly DeadLetterPart[]> => {
    const query = what === undefined ? '' : `?what=${what}`;
    const answer = (await ask(method, `/dead-letters/${path}${query}`)) as {
      readonly parts: readonly DeadLetterPart[];
    };
    return answer.parts;
  };
  return {
    ledger: async () => (await ask('GET', '/ledger')) as Ledger,
    deadLetters: {
      list: async () => (await ask('GET', '/dead-letters')) as readonly DeadLetterRecord[],
      retry: (itemId, what) => change('POST', `${encodeURIComponent(itemId)}/retry`, what),
      drop: (itemId, what) => change('DELETE', encodeURIComponent(itemId), what),
    },
    async close() {},
  };
}

import { type Filled, type FillOptions, fillJournal, type RecoveryPorts } from '../application/recovery.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Orchestrator, ReindexState } from './orchestrator.ts';

/** Takes in, while the station serves, what its storages hold and its journal does not. */
export function createLiveReindex(
  ports: Pick<RecoveryPorts, 'journal' | 'metadataStorage'>,
  { log, signal }: Pick<FillOptions, 'log' | 'signal'>,
): Orchestrator['reindex'] {
  let state: ReindexState = { running: false, items: 0, unreadable: 0, failure: null, finished_at: null };

  const end = (filled: Partial<Filled>, failure: string | null): void => {
    state = { ...state, ...filled, running: false, failure, finished_at: new Date().toISOString() };
  };
  const onProgress = (items: number): void => {
    state = { ...state, items };
  };

  return {
    state: () => state,
    start() {
      if (state.running) throw new AppError('REINDEX_RUNNING', 'the journal is being brought up to date already');
      state = { ...state, running: true, items: 0, unreadable: 0, failure: null };
      fillJournal(ports, { log, signal, onProgress, isServing: true }).then(
        (filled) => end(filled, null),
        (error: unknown) => end({}, messageOf(error)),
      );
      return state;
    },
  };
}

import { rename, rm } from 'node:fs/promises';
import { adoptJournal } from '../adapters/journal/adopt-journal.ts';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { pause } from '../application/pause.ts';
import { type Filled, fillJournal } from '../application/recovery.ts';
import { diskError } from '../disk/disk-error.ts';
import { lockRoot } from '../disk/lock-file.ts';
import { AppError } from '../domain/errors.ts';
import type { Log } from '../ports/context.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import type { Settings } from '../settings.ts';
import { adapterContext, type StationContext } from './adapter-context.ts';
import type { EdgeConfig } from './edge-config.ts';
import { destinationsOf, openJournal, openLocalMetadataStorage } from './open-storages.ts';
import type { ReindexState } from './orchestrator.ts';
import { openRootConfigs, requireSoundRoot } from './root-configs.ts';
import { journalFile, lockFile } from './root-files.ts';
import { runningStation } from './running-station.ts';

export interface ReindexOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly log: Log;
  /** Aborted to give up; the journal is then the one from before. */
  readonly signal: AbortSignal;
  /** Hears now and then how many items are in the new journal, and how many were in the old one. */
  readonly onProgress: (items: number, total: number) => void;
}

const ASK_AGAIN_MS = 250;

/**
 * Writes the journal of a root anew from its metadata storage. The old one is replaced only when the new one is whole. A
 * station that serves the root is asked to do it, which then takes in what its journal lacks. Rejects where the items
 * are not kept on disk.
 */
export async function reindex(options: ReindexOptions): Promise<Filled> {
  const { root, settings, log } = options;
  const configs = await openRootConfigs(options);
  const edge = await requireSoundRoot(configs);
  const context = adapterContext(root, settings, log, configs.kinds);
  let unlock: () => void;
  try {
    unlock = lockRoot(lockFile(root));
  } catch (error) {
    if (error instanceof AppError && error.code === 'ROOT_LOCKED') return await askStation(options);
    throw error;
  }
  try {
    const metadataStorage = await openLocalMetadataStorage(edge, context);
    try {
      if (metadataStorage.capacity !== null) {
        throw new AppError('STORAGE_FAILED', 'the metadata storage of this root keeps nothing over a restart to index');
      }
      return await replaceJournal(metadataStorage, edge, context, options);
    } finally {
      await metadataStorage.close();
    }
  } finally {
    unlock();
  }
}

async function askStation({ root, settings, signal, onProgress }: ReindexOptions): Promise<Filled> {
  const station = runningStation(root, settings);
  let state = (await station.ask('POST', '/reindex')) as ReindexState;
  while (state.running) {
    await pause(ASK_AGAIN_MS, signal);
    state = (await station.ask('GET', '/reindex')) as ReindexState;
    onProgress(state.items, state.items);
  }
  if (state.failure !== null) throw new AppError('STORAGE_FAILED', state.failure);
  return { items: state.items, unreadable: state.unreadable };
}

/** The new journal grows beside the old one, and takes its place when it is whole: giving up or a crash costs nothing. */
async function replaceJournal(
  metadataStorage: MetadataStorage,
  edge: EdgeConfig,
  context: StationContext,
  { log, signal, onProgress }: ReindexOptions,
): Promise<Filled> {
  const file = journalFile(context.root);
  const next = `${file}.new`;
  const destinations = destinationsOf(edge, context.kinds);
  const { journal: old } = await openJournal(metadataStorage, destinations, context);
  const total = await old.stored.count();
  const unfinished = await old.unfinished();
  await old.close();
  try {
    await removeJournal(next);
    const { journal } = await openSqliteJournal({ file: next, capacity: null, destinations });
    let filled: Filled;
    try {
      // the storages need not know them yet; where they do, what is stored replaces this
      await journal.record(unfinished);
      filled = await fillJournal(
        { journal, metadataStorage },
        { log, signal, onProgress: (items) => onProgress(items, total) },
      );
    } finally {
      await journal.close();
    }
    adoptJournal(next, file);
    await rename(next, file);
    return filled;
  } catch (error) {
    await removeJournal(next);
    throw diskError('the journal could not be written anew', error);
  }
}

async function removeJournal(file: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
}

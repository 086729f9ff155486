import { rename, rm } from 'node:fs/promises';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { type Filled, fillJournal } from '../application/recovery.ts';
import { diskError } from '../disk/disk-error.ts';
import { lockRoot } from '../disk/lock-file.ts';
import { AppError } from '../domain/errors.ts';
import type { AdapterContext, Log } from '../ports/context.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import type { Settings } from '../settings.ts';
import { ACTIVE_CONFIG_FACT } from './activation.ts';
import { adapterContext } from './adapter-context.ts';
import { openJournal, openMetadataStorage } from './open-ports.ts';
import { openRootConfigs, requireSoundRoot } from './root-configs.ts';
import { journalFile, lockFile } from './root-files.ts';

export interface ReindexOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly log: Log;
  /** Aborted to give up; the journal is then the one from before. */
  readonly signal: AbortSignal;
  /** Hears now and then how many items are in the new journal. */
  readonly onProgress: (items: number) => void;
}

/**
 * Writes the journal of a root anew from its metadata storage. The old one is replaced only when the new one is whole.
 * Rejects with `ROOT_LOCKED` while a station serves the root, and where the items are not kept on disk.
 */
export async function reindex(options: ReindexOptions): Promise<Filled> {
  const { root, settings, log } = options;
  const edge = await requireSoundRoot(await openRootConfigs(options));
  const context = adapterContext(root, settings, log);
  const unlock = lockRoot(lockFile(root));
  try {
    const metadataStorage = await openMetadataStorage(edge, context);
    try {
      if (metadataStorage.capacity !== null) {
        throw new AppError('STORAGE_FAILED', 'the metadata storage of this root keeps nothing over a restart to index');
      }
      return await replaceJournal(metadataStorage, context, options);
    } finally {
      await metadataStorage.close();
    }
  } finally {
    unlock();
  }
}

/** The new journal grows beside the old one, and takes its place when it is whole: giving up or a crash costs nothing. */
async function replaceJournal(
  metadataStorage: MetadataStorage,
  context: AdapterContext,
  { log, signal, onProgress }: ReindexOptions,
): Promise<Filled> {
  const file = journalFile(context.root);
  const next = `${file}.new`;
  const { journal: old } = await openJournal(metadataStorage, context);
  const activeConfig = await old.recall(ACTIVE_CONFIG_FACT);
  const unfinished = await old.unfinished();
  await old.close();
  try {
    await removeJournal(next);
    const { journal } = await openSqliteJournal({ file: next, capacity: null });
    let filled: Filled;
    try {
      if (activeConfig !== undefined) await journal.remember(ACTIVE_CONFIG_FACT, activeConfig);
      // the storages need not know them yet; where they do, what is stored replaces this
      await journal.record(unfinished);
      filled = await fillJournal({ journal, metadataStorage }, log, signal, onProgress);
    } finally {
      await journal.close();
    }
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

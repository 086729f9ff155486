import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, messageOf } from '../domain/errors.ts';

/**
 * Files that survive a power cut and that no reader ever sees half of: written under a name nobody looks for, synced,
 * renamed, and the folder synced too. The scratch folder must be on the same file system; it holds only such
 * half-written files, so that its content can be thrown away when the station starts.
 */
export interface DurableFolder {
  /** Writes or replaces `path`. Resolves when bytes and name are on disk; leaves nothing behind when it rejects. */
  write(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Resolves when a write could succeed now: it makes a small one and takes it back. */
  probe(signal: AbortSignal): Promise<void>;
}

export interface DurableFolderOptions {
  /** Absolute path. `write` takes paths below it. */
  readonly base: string;
  /** Name of the scratch folder below `base`. */
  readonly scratch: string;
}

/** What a probe writes: a block, since a full file system may still have room for a few bytes. */
const PROBE = new Uint8Array(4096);

let scratchSequence = 0;

/**
 * Throws away what an earlier process left half-written. A folder that cannot be written now is opened all the same:
 * its writes reject until it can, as `probe` tells.
 */
export async function openDurableFolder({ base, scratch }: DurableFolderOptions): Promise<DurableFolder> {
  const scratchFolder = join(base, scratch);
  const syncFolder = createFolderSync();
  await rm(scratchFolder, { recursive: true, force: true }).catch(() => undefined);

  const moveIntoPlace = async (from: string, to: string): Promise<void> => {
    try {
      await rename(from, to);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      const created = await mkdir(dirname(to), { recursive: true });
      await rename(from, to);
      if (created !== undefined) await syncParents(dirname(to), created);
    }
    await syncFolder(dirname(to));
  };

  /** The new folders from `folder` up to `topmost` are entries of their parents: those must be on disk too. */
  const syncParents = async (folder: string, topmost: string): Promise<void> => {
    await syncFolder(dirname(folder));
    if (folder.length > topmost.length) await syncParents(dirname(folder), topmost);
  };

  const nextScratchFile = (): string => {
    scratchSequence += 1;
    return join(scratchFolder, `${process.pid}-${scratchSequence}`);
  };

  return {
    async probe(signal) {
      signal.throwIfAborted();
      const half = nextScratchFile();
      try {
        await writeSynced(half, PROBE);
      } finally {
        await rm(half, { force: true });
      }
    },
    async write(path, bytes, signal) {
      signal.throwIfAborted();
      const half = nextScratchFile();
      try {
        await writeSynced(half, bytes);
        signal.throwIfAborted();
        await moveIntoPlace(half, path);
      } catch (error) {
        await rm(half, { force: true }).catch(() => undefined);
        throw error;
      }
    },
  };
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await openNew(path);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true });
    return await open(path, 'wx');
  }
}

/** Syncs of one folder that are asked for while one is running share the next one. */
function createFolderSync(): (folder: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const queued = new Map<string, Promise<void>>();

  const start = (folder: string): Promise<void> => {
    const run = syncOnce(folder).finally(() => {
      if (running.get(folder) === run) running.delete(folder);
    });
    running.set(folder, run);
    return run;
  };

  return (folder) => {
    const current = running.get(folder);
    if (current === undefined) return start(folder);
    const waiting = queued.get(folder);
    if (waiting !== undefined) return waiting;
    const next = current
      .catch(() => undefined)
      .then(() => {
        queued.delete(folder);
        return start(folder);
      });
    queued.set(folder, next);
    return next;
  };
}

async function syncOnce(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The error code of a failed system call, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EMFILE: 'too many files are open',
  EIO: 'the disk reports an input/output error',
  ENOTDIR: 'a file stands where a folder should be',
  EISDIR: 'a folder stands where a file should be',
};

/** A failed disk access as an error of ours: what could not be done, why, and never where on the machine. */
export function diskError(what: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return new AppError('ABORTED', `${what}: it was cancelled`, { cause: error });
  }
  const reason = code === undefined ? messageOf(error) : (REASONS[code] ?? `the system says ${code}`);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new AppError(full ? 'STORAGE_FULL' : 'STORAGE_FAILED', `${what}: ${reason}`, { cause: error });
}

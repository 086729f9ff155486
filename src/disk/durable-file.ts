import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../domain/errors.ts';
import { cancelPlace, type WriteAnswer, type WriteRequest, type WriterSetup } from './durable-file-messages.ts';

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
  /** Ends what was asked for, then the thread; a second call does nothing. */
  close(): Promise<void>;
}

export interface DurableFolderOptions {
  /** Absolute path. `write` takes paths below it. */
  readonly base: string;
  /** Name of the scratch folder below `base`. */
  readonly scratch: string;
}

const WORKER_FILE = import.meta.url.endsWith('.ts') ? './durable-file-worker.ts' : './durable-file-worker.js';

/** What a probe writes: a block, since a full file system may still have room for a few bytes. */
const PROBE_BYTES = 4096;

/** How many requests can be told from each other as cancelled; far more than ever wait. */
const CANCEL_PLACES = 4096;

interface WaitingWrite {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Opens a folder to write to, with a thread of its own that starts with the first write: no sync ever stops the caller,
 * and writes that come together share the disk's syncs. Throws away what an earlier process left half-written. A folder
 * that cannot be written now is opened all the same: its writes reject until it can, as `probe` tells.
 */
export async function openDurableFolder({ base, scratch }: DurableFolderOptions): Promise<DurableFolder> {
  const scratchFolder = join(base, scratch);
  await rm(scratchFolder, { recursive: true, force: true }).catch(() => undefined);

  const cancelled = new Int32Array(new SharedArrayBuffer(CANCEL_PLACES * Int32Array.BYTES_PER_ELEMENT));
  const waiting = new Map<number, WaitingWrite>();
  let worker: Worker | undefined;
  let isClosed = false;
  let lastId = 0;

  const startWorker = (): Worker => {
    const workerData: WriterSetup = { scratchFolder, cancelled };
    const started = new Worker(new URL(WORKER_FILE, import.meta.url), { workerData, name: 'durable-writes' });
    const end = (error: Error): void => {
      if (worker === started) worker = undefined;
      for (const write of waiting.values()) write.reject(error);
      waiting.clear();
    };
    started.on('error', end);
    started.on('exit', () => end(new Error('the thread that writes files has ended')));
    started.on('message', (answers: readonly WriteAnswer[]) => {
      for (const { id, failure } of answers) {
        const write = waiting.get(id);
        waiting.delete(id);
        if (failure === null) write?.resolve();
        else write?.reject(Object.assign(new Error(failure.message), { code: failure.code }));
      }
    });
    return started;
  };

  const ask = (path: string | null, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (isClosed) throw new Error('the folder is closed');
      lastId += 1;
      const id = lastId;
      const onAbort = (): void => {
        Atomics.store(cancelled, cancelPlace(id, cancelled), id);
        waiting.delete(id);
        reject(signal.reason);
      };
      const done = (): void => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.set(id, {
        resolve() {
          done();
          resolve();
        },
        reject(error) {
          done();
          reject(error);
        },
      });
      worker ??= startWorker();
      worker.postMessage({ id, path, bytes } satisfies WriteRequest);
    });

  return {
    probe: (signal) => ask(null, new Uint8Array(PROBE_BYTES), signal),
    write: (path, bytes, signal) => ask(path, standalone(bytes), signal),
    async close() {
      isClosed = true;
      if (worker === undefined) return;
      const ended = once(worker, 'exit');
      worker.postMessage('end');
      await ended;
    },
  };
}

/** Sending a part of a larger buffer to a thread would copy all of that buffer: only the part is. */
function standalone(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return isWhole ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
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

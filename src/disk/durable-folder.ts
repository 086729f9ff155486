import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startWriterThread, type WriterThread } from './writer-thread.ts';

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
  /** Absolute path of the folder above that is there for good, such as the edge root: what is made below it is durable. */
  readonly top: string;
  /** Absolute path, below `top`. `write` takes paths below it. */
  readonly base: string;
  /** Name of the scratch folder below `base`. */
  readonly scratch: string;
}

/** What a probe writes: a block, since a full file system may still have room for a few bytes. */
const PROBE_BYTES = 4096;

/** While one thread waits for the disk another one writes; more would only take memory. */
const MOST_THREADS = 2;

/**
 * Opens a folder to write to, with threads of its own that start with the first writes: no sync ever stops the caller,
 * and writes that come together share the disk's syncs. Throws away what an earlier process left half-written. A folder
 * that cannot be written now is opened all the same: its writes reject until it can, as `probe` tells.
 */
export async function openDurableFolder({ top, base, scratch }: DurableFolderOptions): Promise<DurableFolder> {
  const scratchFolder = join(base, scratch);
  await rm(scratchFolder, { recursive: true, force: true }).catch(() => undefined);

  const threads = new Set<WriterThread>();
  let isClosed = false;

  const start = (): WriterThread => {
    const thread = startWriterThread(top, scratchFolder, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  };
  const thread = (): WriterThread => {
    if (isClosed) throw new Error('the folder is closed');
    const [least] = [...threads].sort((one, other) => one.waiting() - other.waiting());
    if (least === undefined) return start();
    return least.waiting() > 0 && threads.size < MOST_THREADS ? start() : least;
  };

  return {
    async probe(signal) {
      signal.throwIfAborted();
      await thread().write(null, new Uint8Array(PROBE_BYTES), signal);
    },
    async write(path, bytes, signal) {
      signal.throwIfAborted();
      await thread().write(path, standalone(bytes), signal);
    },
    async close() {
      isClosed = true;
      await Promise.all([...threads].map((one) => one.end()));
    },
  };
}

/** Sending a part of a larger buffer to a thread would copy all of that buffer: only the part is. */
function standalone(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return isWhole ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

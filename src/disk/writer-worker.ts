import { closeSync, existsSync, fdatasyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { syncFolder } from './sync-folder.ts';
import { cancelPlace, type WriteAnswer, type WriteRequest, type WriterSetup } from './writer-messages.ts';

/**
 * The thread that writes files durably. What is asked for while it waits for the disk is written as one group: the
 * syncs of a group follow each other, so that the file system commits its journal once or twice for all of them.
 */

interface Write {
  readonly request: WriteRequest;
  readonly half: string;
  file: number | null;
  failure: WriteAnswer['failure'];
}

const { top, scratchFolder, cancelled } = workerData as WriterSetup;
/** What holds the folders of configs and items, or the files themselves. */
const base = dirname(scratchFolder);
/** Folders above those of items whose own names this thread has seen to. */
const durableFolders = new Set<string>();
/** Others, by the parent that has to be synced for them. */
const unsynced = new Map<string, Set<string>>();
/** Most files open at once: a system may allow a process a few hundred, and larger groups save no more. */
const MAX_GROUP = 64;

let waiting: WriteRequest[] = [];
let sequence = 0;
let isEnding = false;

parentPort?.on('message', (message: WriteRequest | 'end') => {
  if (message === 'end') {
    // after what waits, whose answers need the port
    isEnding = true;
    if (waiting.length === 0) parentPort?.close();
    return;
  }
  waiting.push(message);
  if (waiting.length === 1) setImmediate(writeWaiting);
});

function writeWaiting(): void {
  const group = waiting.slice(0, MAX_GROUP).map(
    (request): Write => ({
      request,
      half: join(scratchFolder, `${process.pid}-${threadId}-${nextNumber()}`),
      file: null,
      failure: null,
    }),
  );
  waiting = waiting.slice(MAX_GROUP);
  for (const write of group) attempt(write, writeHalf);
  for (const write of group) attempt(write, syncHalf);
  const changedFolders = new Map<string, Write[]>();
  for (const write of group) attempt(write, (whole) => moveIntoPlace(whole, changedFolders));
  for (const [folder, writes] of changedFolders) syncNames(folder, writes);
  for (const write of group) if (write.failure !== null || write.request.path === null) discard(write);
  parentPort?.postMessage(group.map(({ request, failure }): WriteAnswer => ({ id: request.id, failure })));
  if (waiting.length > 0) setImmediate(writeWaiting);
  else if (isEnding) parentPort?.close();
}

function nextNumber(): number {
  sequence += 1;
  return sequence;
}

/** Takes one write a step further, if it has not failed and is still wanted. */
function attempt(write: Write, step: (write: Write) => void): void {
  if (write.failure !== null) return;
  const { id } = write.request;
  try {
    if (Atomics.load(cancelled, cancelPlace(id, cancelled)) === id) throw new Error('the write was cancelled');
    step(write);
  } catch (error) {
    write.failure = failureOf(error);
  }
}

function writeHalf(write: Write): void {
  write.file = openNew(write.half);
  const { bytes } = write.request;
  for (let written = 0; written < bytes.byteLength; ) written += writeSync(write.file, bytes, written);
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (failureOf(error)?.code !== 'ENOENT') throw error;
    makeFolder(scratchFolder);
    return openSync(path, 'wx');
  }
}

/** Gives the topmost folder that had to be made. */
function makeFolder(path: string): string | undefined {
  try {
    return mkdirSync(path, { recursive: true });
  } catch (error) {
    // Node says ENOENT where the file system is read-only; making one folder alone tells the reason
    for (
      let folder = path;
      failureOf(error)?.code === 'ENOENT' && folder !== dirname(folder);
      folder = dirname(folder)
    ) {
      if (existsSync(dirname(folder))) mkdirSync(folder);
    }
    throw error;
  }
}

function syncHalf(write: Write): void {
  if (write.file !== null) fdatasyncSync(write.file);
  close(write);
}

function close(write: Write): void {
  const { file } = write;
  write.file = null;
  if (file !== null) closeSync(file);
}

function moveIntoPlace(write: Write, changedFolders: Map<string, Write[]>): void {
  const { path } = write.request;
  if (path === null) return;
  const changed = (folder: string): void => {
    changedFolders.set(folder, [...(changedFolders.get(folder) ?? []), write]);
  };
  try {
    renameSync(write.half, path);
  } catch (error) {
    if (failureOf(error)?.code !== 'ENOENT') throw error;
    const topmost = makeFolder(dirname(path));
    renameSync(write.half, path);
    // a new folder is an entry of its parent, which must be on disk too
    if (topmost !== undefined) changed(dirname(dirname(path)));
  }
  changed(dirname(path));
  // The folders above may be new as well, made by another thread that has not synced them yet: each is durable for this
  // thread once it has synced its parent itself. The item's own folder is not kept in mind, there would be no end to it.
  const nearest = dirname(path) === base ? base : dirname(dirname(path));
  for (let folder = nearest; isBelowTop(folder) && !durableFolders.has(folder); folder = dirname(folder)) {
    const parent = dirname(folder);
    unsynced.set(parent, new Set([...(unsynced.get(parent) ?? []), folder]));
    changed(parent);
  }
}

function isBelowTop(folder: string): boolean {
  return folder.startsWith(`${top}${sep}`);
}

function syncNames(folder: string, writes: readonly Write[]): void {
  try {
    syncFolder(folder);
    // what stands in it has a durable name from now on
    for (const child of unsynced.get(folder) ?? []) durableFolders.add(child);
    unsynced.delete(folder);
  } catch (error) {
    for (const write of writes) write.failure ??= failureOf(error);
  }
}

function discard(write: Write): void {
  try {
    close(write);
    rmSync(write.half, { force: true });
  } catch {
    // it is thrown away with the folder of half-written files at the next start
  }
}

function failureOf(error: unknown): WriteAnswer['failure'] {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { code, message };
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { cancelPlace, type WriteAnswer, type WriteRequest, type WriterSetup } from './writer-messages.ts';

/** A thread that writes files durably. */
export interface WriterThread {
  /** Writes a file, or only tries whether it could where `path` is null. The bytes must be a whole buffer. */
  write(path: string | null, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void>;
  /** How many writes have no answer yet. */
  waiting(): number;
  /** Ends what was asked for, then the thread. */
  end(): Promise<void>;
}

const WORKER_FILE = import.meta.url.endsWith('.ts') ? './writer-worker.ts' : './writer-worker.js';

/** How many requests can be told from each other as cancelled; far more than ever wait. */
const CANCEL_PLACES = 4096;

interface WaitingWrite {
  resolve(): void;
  reject(error: unknown): void;
}

/** Below `top` the names of folders are made durable too; `scratchFolder` takes the half-written files. `ended` is called once when the thread has ended, however that came. */
export function startWriterThread(top: string, scratchFolder: string, ended: () => void): WriterThread {
  const cancelled = new Int32Array(new SharedArrayBuffer(CANCEL_PLACES * Int32Array.BYTES_PER_ELEMENT));
  const workerData: WriterSetup = { top, scratchFolder, cancelled };
  const worker = new Worker(new URL(WORKER_FILE, import.meta.url), { workerData, name: 'durable-writes' });
  const waiting = new Map<number, WaitingWrite>();
  let lastId = 0;

  const fail = (error: Error): void => {
    for (const write of waiting.values()) write.reject(error);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => {
    fail(new Error('the thread that writes files has ended'));
    ended();
  });
  worker.on('message', (answers: readonly WriteAnswer[]) => {
    for (const { id, failure } of answers) {
      const write = waiting.get(id);
      waiting.delete(id);
      if (failure === null) write?.resolve();
      else write?.reject(Object.assign(new Error(failure.message), { code: failure.code }));
    }
  });

  return {
    write(path, bytes, signal) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
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
        worker.postMessage({ id, path, bytes } satisfies WriteRequest);
      });
    },
    waiting: () => waiting.size,
    async end() {
      const exited = once(worker, 'exit');
      worker.postMessage('end');
      await exited;
    },
  };
}

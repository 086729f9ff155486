import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode, messageOf } from '../../../domain/errors.ts';
import { abortedError } from './abortable.ts';
import type { FromThread, ToThread } from './thread-protocol.ts';

/** A worker thread that answers requests. */
export interface WorkerThread {
  /** Rejects with the thread's own error, with `code` where it gave none, and when the thread ends before it answers. */
  call<Answer>(request: object, code: ErrorCode, signal?: AbortSignal): Promise<Answer>;
  /** Requests without an answer yet. */
  pending(): number;
  /** Whether it takes no more requests. */
  ended(): boolean;
  /**
   * Rejects open requests with the reason and ends the thread: by itself when it is between two pieces of work, by force after
   * a moment when it is not. `force` false: never by force, as native code that is interrupted takes the whole process
   * along; the thread then ends when that code returns, which this does not wait for beyond some seconds.
   * A second call does nothing.
   */
  stop(reason: AppError, force: boolean): Promise<void>;
}

const FORCE_AFTER_MS = 200;
const PATIENCE_MS = 10_000;

interface OpenRequest {
  readonly code: ErrorCode;
  resolve(value: never): void;
  reject(error: AppError): void;
}

/** Starts a thread on a file; `onEnd` is told once when it ends without having been stopped. */
export function startWorkerThread(file: URL, onEnd: (reason: AppError) => void): WorkerThread {
  const worker = new Worker(file);
  const open = new Map<number, OpenRequest>();
  let nextId = 1;
  let ended: AppError | null = null;

  const end = (reason: AppError): boolean => {
    if (ended !== null) return false;
    ended = reason;
    for (const request of open.values()) request.reject(reason);
    open.clear();
    return true;
  };
  const crash = (cause: unknown, how: string): void => {
    const reason = new AppError('MODEL_FAILED', `the worker thread of the models ended: ${how}`, { cause });
    if (end(reason)) onEnd(reason);
  };
  worker.on('message', (message: FromThread) => {
    const request = open.get(message.id);
    open.delete(message.id);
    if (request === undefined) return;
    if ('value' in message) request.resolve(message.value as never);
    else {
      const { code, message: sentence, details } = message.failure;
      request.reject(new AppError(code ?? request.code, sentence, { details }));
    }
  });
  worker.on('error', (error) => crash(error, messageOf(error)));
  worker.on('exit', (status) => crash(undefined, `exit status ${status}`));

  const exited = new Promise<true>((resolve) => worker.once('exit', () => resolve(true)));
  async function exitedWithin(limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs);
    });
    const inTime = await Promise.race([exited, late]);
    clearTimeout(timer);
    return inTime;
  }

  return {
    call(request, code, signal) {
      if (ended !== null) return Promise.reject(ended);
      if (signal?.aborted === true) return Promise.reject(abortedError(signal));
      const id = nextId;
      nextId += 1;
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          if (!open.delete(id)) return;
          worker.postMessage({ id, abort: true } satisfies ToThread);
          reject(abortedError(signal));
        };
        const settled = (): void => signal?.removeEventListener('abort', abort);
        signal?.addEventListener('abort', abort, { once: true });
        open.set(id, {
          code,
          resolve(value) {
            settled();
            resolve(value);
          },
          reject(error) {
            settled();
            reject(error);
          },
        });
        worker.postMessage({ id, request } satisfies ToThread);
      });
    },
    pending: () => open.size,
    ended: () => ended !== null,
    async stop(reason, force) {
      if (!end(reason)) return;
      worker.postMessage({ end: true } satisfies ToThread);
      worker.unref();
      if (await exitedWithin(force ? FORCE_AFTER_MS : PATIENCE_MS)) return;
      if (force) await worker.terminate();
    },
  };
}

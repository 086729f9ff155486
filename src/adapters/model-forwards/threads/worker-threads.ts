import { availableParallelism } from 'node:os';
import type { AppError, ErrorCode } from '../../../domain/errors.ts';
import { startWorkerThread, type WorkerThread } from './worker-thread.ts';

/** Threads that do the same work, for calls that any of them can take. */
export interface WorkerThreads {
  /** As `WorkerThread.call`, on the one with the fewest calls under way. */
  call<Answer>(request: object, code: ErrorCode, signal?: AbortSignal): Promise<Answer>;
  stop(reason: AppError): Promise<void>;
}

/** Threads start as they are needed, at most `most` and one a core; one that ends is replaced by the next call. */
export function createWorkerThreads(file: URL, most: number): WorkerThreads {
  const threads: WorkerThread[] = [];

  function leastLoaded(): WorkerThread {
    if (threads.length < Math.min(most, availableParallelism())) {
      const thread = startWorkerThread(file, () => void threads.splice(threads.indexOf(thread), 1));
      threads.push(thread);
    }
    return threads.reduce((least, thread) => (thread.pending() < least.pending() ? thread : least));
  }

  return {
    call: (request, code, signal) => leastLoaded().call(request, code, signal),
    async stop(reason) {
      await Promise.all(threads.splice(0).map((thread) => thread.stop(reason, true)));
    },
  };
}

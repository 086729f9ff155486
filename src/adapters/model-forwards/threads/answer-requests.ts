import { parentPort } from 'node:worker_threads';
import { AppError, messageOf } from '../../../domain/errors.ts';
import type { FromThread, ThreadFailure, ToThread } from './thread-protocol.ts';

interface Running {
  readonly controller: AbortController;
  readonly settled: Promise<void>;
}

/** The worker's side: answers every request of the main thread with what `answer` resolves to, or with its failure. */
export function answerRequests(answer: (request: never, signal: AbortSignal) => Promise<unknown>): void {
  const running = new Map<number, Running>();
  const send = (message: FromThread): void => parentPort?.postMessage(message);

  function start(id: number, request: unknown): void {
    const controller = new AbortController();
    const settled = answer(request as never, controller.signal)
      .then(
        (value) => send({ id, value }),
        (error: unknown) => send({ id, failure: failureOf(error) }),
      )
      .finally(() => running.delete(id));
    running.set(id, { controller, settled });
  }

  async function end(): Promise<void> {
    for (const { controller } of running.values()) controller.abort();
    await Promise.allSettled([...running.values()].map(({ settled }) => settled));
    process.exit();
  }

  parentPort?.on('message', (message: ToThread) => {
    if ('end' in message) void end();
    else if ('abort' in message) running.get(message.id)?.controller.abort();
    else start(message.id, message.request);
  });
}

function failureOf(error: unknown): ThreadFailure {
  if (error instanceof AppError) return { code: error.code, message: error.message, details: error.details };
  return { code: null, message: messageOf(error), details: {} };
}

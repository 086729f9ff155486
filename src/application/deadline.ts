import { AppError } from '../domain/errors.ts';

/**
 * Runs something that touches a device, a disk or the network, for at most `timeoutMs`. Its signal is aborted when the
 * time is over or when `outer` is; the promise rejects then, also when `run` never notices.
 */
export async function withDeadline<Result>(
  timeoutMs: number,
  what: string,
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let onOuterAbort: (() => void) | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    const end = (error: AppError): void => {
      reject(error);
      controller.abort(error);
    };
    timer = setTimeout(() => end(new AppError('TIMEOUT', `${what} did not end within ${timeoutMs} ms`)), timeoutMs);
    onOuterAbort = () => end(calledOff(what, outer));
    if (outer.aborted) onOuterAbort();
    else outer.addEventListener('abort', onOuterAbort, { once: true });
  });
  try {
    // a function of its own, so that what `run` throws at once is raced against `ended` too
    return await Promise.race([(async () => run(controller.signal))(), ended]);
  } finally {
    clearTimeout(timer);
    if (onOuterAbort !== undefined) outer.removeEventListener('abort', onOuterAbort);
  }
}

/** What is said of something that an aborted signal called off, with the reason where the signal has one of ours. */
export function calledOff(what: string, { reason }: AbortSignal): AppError {
  const how = reason instanceof AppError ? `was called off: ${reason.message}` : 'was cancelled';
  return new AppError('ABORTED', `${what} ${how}`, { cause: reason });
}

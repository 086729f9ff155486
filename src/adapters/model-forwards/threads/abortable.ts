import { AppError } from '../../../domain/errors.ts';

/** The rejection of a call whose signal was aborted; keeps the error that the signal was aborted with. */
export function abortedError(signal: AbortSignal | undefined): AppError {
  const cause: unknown = signal?.reason;
  if (cause instanceof AppError) return cause;
  return new AppError('ABORTED', 'the prediction was called off', { cause });
}

/** The work's own result, or a rejection at once when the signal is aborted; the work then goes on unheard. */
export async function abortable<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw abortedError(signal);
  }
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortedError(signal));
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

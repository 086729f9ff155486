import { AppError } from '../domain/errors.ts';

export interface RequestBounds {
  /** What is done, for the sentence of an error. */
  readonly what: string;
  /** Who is asked, for the same sentence. */
  readonly host: string;
  readonly timeoutMs: number;
  /** Any of them ends the request. */
  readonly signals: readonly AbortSignal[];
}

/**
 * Runs one request to a store for at most `timeoutMs`. When the time is over it rejects with `STORAGE_FAILED`, when one of
 * the signals is aborted with `ABORTED`, also when `run` never notices: its signal is aborted then.
 */
export async function boundedRequest<Result>(
  { what, host, timeoutMs, signals }: RequestBounds,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (error: AppError): void => {
    reject(error);
    controller.abort(error);
  };
  const onAbort = (event: Event): void => end(cancelled(what, event.target));
  const timer = setTimeout(() => {
    end(new AppError('STORAGE_FAILED', `${what}: ${host} did not answer in ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    for (const signal of signals) {
      if (signal.aborted) throw cancelled(what, signal);
      signal.addEventListener('abort', onAbort);
    }
    return await Promise.race([run(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    // a signal may live as long as the station: it must not gather the listeners of every request
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  }
}

function cancelled(what: string, signal: unknown): AppError {
  const cause = signal instanceof AbortSignal ? signal.reason : undefined;
  return new AppError('ABORTED', `${what}: it was cancelled`, { cause });
}

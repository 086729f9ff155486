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

/** How the agents of all stores keep connections. */
export const CONNECTIONS = {
  keepAlive: true,
  maxSockets: 16,
  /** A connection that nobody uses is closed by us before stores do so: a request on one just closed fails. In milliseconds. */
  timeout: 4000,
} as const;

export interface StoreRequests {
  /** Runs one request, bounded by the timeout, the signal and `close`; what it throws becomes an error of ours. */
  ask<Answer>(what: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<Answer>): Promise<Answer>;
  /** Ends what runs, and whatever is asked afterwards; a second call does nothing. */
  close(): void;
}

/** Everything that one bucket asks of its store. Where `problem` says what is missing, every request rejects with it. */
export function requestsTo(store: {
  readonly host: string;
  readonly timeoutMs: number;
  readonly problem: string | null;
  readonly errorOf: (what: string, error: unknown) => AppError;
}): StoreRequests {
  const { host, timeoutMs, problem, errorOf } = store;
  const closing = new AbortController();
  return {
    async ask(what, signal, run) {
      try {
        return await boundedRequest({ what, host, timeoutMs, signals: [signal, closing.signal] }, async (ended) => {
          if (problem !== null) throw new AppError('STORAGE_FAILED', `${what}: ${problem}`);
          return await run(ended);
        });
      } catch (error) {
        throw errorOf(what, error);
      }
    },
    close() {
      closing.abort(new AppError('ABORTED', 'the bucket is closed'));
    },
  };
}

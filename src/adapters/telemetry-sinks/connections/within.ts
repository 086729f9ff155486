export interface Bounds {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What to reject with when the time is over. */
  readonly late: () => Error;
}

/** The work's own result, or a rejection as soon as the time is over or the signal is aborted; the work then goes on. */
export async function within<Result>(work: Promise<Result>, { timeoutMs, signal, late }: Bounds): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const onAbort = () => reject(signal.reason);
  const timer = setTimeout(() => reject(late()), timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  work.then(resolve, reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

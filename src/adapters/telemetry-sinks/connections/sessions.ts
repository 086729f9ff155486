import { AppError } from '../../../domain/errors.ts';

const never = new AbortController().signal;

/** A connection to where telemetry goes, as far as those who keep several of them know it. */
export interface Session {
  /** Whether the other side, or the network, has ended it. */
  lost(): boolean;
  /** Ends it at once, whatever it is doing. */
  end(): void;
  /** Ends it when nothing is under way, with a word to the other side. */
  leave(): Promise<void>;
}

/** A bounded number of connections, opened when they are needed. */
export interface Sessions<Kept extends Session> {
  /**
   * The outcome of work on a connection that nobody else uses meanwhile. The work is done once more, on a new one,
   * when a connection that was kept turns out to be dead: it must be such that twice is as good as once. Rejects with
   * what the work or the opening rejects with, and with `TELEMETRY_FAILED` once it is closed.
   */
  use<Result>(signal: AbortSignal, work: (session: Kept, signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Calls off what is under way and ends every connection. A second call does nothing. */
  close(): Promise<void>;
}

export interface SessionsOptions<Kept extends Session> {
  readonly size: number;
  readonly open: (signal: AbortSignal) => Promise<Kept>;
  /** How long a connection that nobody uses is kept, in milliseconds. */
  readonly idleMs: (session: Kept) => number;
  /** Whether a connection is as good as before after work on it was rejected with this. */
  readonly isHarmless: (error: unknown) => boolean;
}

export function createSessions<Kept extends Session>(options: SessionsOptions<Kept>): Sessions<Kept> {
  const { size, open, idleMs, isHarmless } = options;
  const closing = new AbortController();
  const idle = new Map<Kept, NodeJS.Timeout>();
  const waiting = new Set<() => void>();
  let free = size;
  let closed: Promise<void> | undefined;

  /** Resolves when one of the `size` places is the caller's; first come, first served. */
  async function place(signal: AbortSignal): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      waiting.delete(resolve);
      reject(signal.reason);
    };
    waiting.add(resolve);
    signal.addEventListener('abort', leave, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', leave));
  }

  function giveBackPlace(): void {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  }

  function takeIdle(): Kept | undefined {
    const last = [...idle].at(-1);
    if (last === undefined) return undefined;
    const [session, timer] = last;
    clearTimeout(timer);
    idle.delete(session);
    return session;
  }

  function keep(session: Kept): void {
    const timer = setTimeout(() => {
      idle.delete(session);
      void session.leave();
    }, idleMs(session));
    timer.unref();
    idle.set(session, timer);
  }

  async function work<Result>(
    signal: AbortSignal,
    task: (session: Kept, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    for (;;) {
      const kept = takeIdle();
      const session = kept ?? (await open(signal));
      try {
        const outcome = await task(session, signal);
        keep(session);
        return outcome;
      } catch (error) {
        const isStale = kept !== undefined && session.lost();
        if (isHarmless(error)) keep(session);
        else session.end();
        if (!isStale) throw error;
      }
    }
  }

  async function shut(): Promise<void> {
    closing.abort(new AppError('TELEMETRY_FAILED', 'the telemetry sink is closed'));
    // Who holds every place knows that nobody else uses a connection.
    await Promise.all(Array.from({ length: size }, () => place(never)));
    for (const timer of idle.values()) clearTimeout(timer);
    await Promise.all([...idle.keys()].map((session) => session.leave()));
  }

  return {
    async use(signal, task) {
      const either = AbortSignal.any([signal, closing.signal]);
      either.throwIfAborted();
      await place(either);
      try {
        return await work(either, task);
      } finally {
        giveBackPlace();
      }
    },
    close() {
      closed ??= shut();
      return closed;
    },
  };
}

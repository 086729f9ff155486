/** A fixed number of places. Who asks when all are taken waits in order. */
export interface Turns {
  /** How many there are. */
  readonly places: number;
  /** A place that is free now, or null. */
  tryTake(): Release | null;
  /** Resolves when a place is free. Rejects with the signal's reason when it is aborted before. */
  take(signal?: AbortSignal): Promise<Release>;
  /** How many wait for a place. */
  readonly waiting: number;
  /** How long a place was held of late, in milliseconds; 0 before the first was given back. */
  readonly heldMs: number;
}

/** Gives the place back; a second call does nothing. */
export type Release = () => void;

/** Weight of the newest measure in the average: some ten places given back make it forget what was before. */
const NEWEST = 0.2;

export function createTurns(places: number, now: () => number = () => performance.now()): Turns {
  let free = places;
  let heldMs = 0;
  const queue = new Set<(release: Release) => void>();

  const releaseOnce = (): Release => {
    const since = now();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const mine = now() - since;
      heldMs = heldMs === 0 ? mine : (1 - NEWEST) * heldMs + NEWEST * mine;
      const [next] = queue;
      if (next === undefined) {
        free += 1;
        return;
      }
      queue.delete(next);
      next(releaseOnce());
    };
  };
  const tryTake = (): Release | null => {
    if (free === 0) return null;
    free -= 1;
    return releaseOnce();
  };
  const wait = (signal: AbortSignal | undefined): Promise<Release> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.delete(mine);
        reject(signal?.reason);
      };
      const mine = (release: Release): void => {
        signal?.removeEventListener('abort', leave);
        resolve(release);
      };
      signal?.addEventListener('abort', leave, { once: true });
      queue.add(mine);
    });

  return {
    places,
    tryTake,
    async take(signal) {
      signal?.throwIfAborted();
      return tryTake() ?? (await wait(signal));
    },
    get waiting() {
      return queue.size;
    },
    get heldMs() {
      return heldMs;
    },
  };
}

/** A fixed number of places. Who asks when all are taken waits in order. */
export interface Turns {
  /** A place that is free now, or null. */
  tryTake(): Release | null;
  /** Resolves when a place is free. */
  take(): Promise<Release>;
  /** How many wait for a place. */
  readonly waiting: number;
}

/** Gives the place back; a second call does nothing. */
export type Release = () => void;

export function createTurns(places: number): Turns {
  let free = places;
  const queue: ((release: Release) => void)[] = [];

  const releaseOnce = (): Release => {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next(releaseOnce());
    };
  };
  const tryTake = (): Release | null => {
    if (free === 0) return null;
    free -= 1;
    return releaseOnce();
  };

  return {
    tryTake,
    take() {
      const release = tryTake();
      return release === null ? new Promise((resolve) => queue.push(resolve)) : Promise.resolve(release);
    },
    get waiting() {
      return queue.length;
    },
  };
}

import { pauseUnless } from './pause.ts';

/** Pauses between attempts that fail, each twice as long as the one before, with some chance in them. */
export interface Backoff {
  /** Resolves after the next pause, or as soon as the signal is aborted. */
  pause(signal: AbortSignal): Promise<void>;
  /** The next pause is the first one again. */
  reset(): void;
}

/** `firstMs` and `lastMs` are the longest first pause and the longest one at all. */
export function createBackoff(firstMs = 250, lastMs = 5_000): Backoff {
  let nextMs = firstMs;
  return {
    async pause(signal) {
      // several cameras of one hub come back at different times
      const ms = nextMs * (0.5 + Math.random() / 2);
      nextMs = Math.min(2 * nextMs, lastMs);
      await pauseUnless(signal, ms);
    },
    reset() {
      nextMs = firstMs;
    },
  };
}

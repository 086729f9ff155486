import { AppError } from '../domain/errors.ts';
import type { VerdictDeadline } from './station.ts';

/** Watches the time of one item. */
export interface VerdictWatch {
  /** Aborted when the time for captures and models is over, or with the signal given. */
  readonly signal: AbortSignal;
  /** Whether the time is over. */
  readonly isLate: boolean;
  /** Says that the item is decided; the time does not matter any more. */
  end(): void;
}

export interface VerdictWatchOptions {
  readonly deadline: VerdictDeadline | null;
  /** What of the deadline is kept to save the result, in milliseconds. */
  readonly reserveMs: number;
  /** When the trigger came, as `performance.now()` counts. */
  readonly begin: number;
  readonly ending: AbortSignal;
  /** Called once when the time is over. */
  readonly whenLate: () => void;
}

/** At most this share of a deadline is kept to save the result: the models need the rest. */
const MOST_RESERVED = 0.25;

/** Without a deadline nothing is watched, and nothing is allocated on the path of an item. */
export function watchVerdict({ deadline, reserveMs, begin, ending, whenLate }: VerdictWatchOptions): VerdictWatch {
  if (deadline === null) return { signal: ending, isLate: false, end() {} };
  const controller = new AbortController();
  let isLate = false;
  const timeLeft = begin + deadline.ms - Math.min(reserveMs, MOST_RESERVED * deadline.ms) - performance.now();
  const timer = setTimeout(() => {
    isLate = true;
    controller.abort(new AppError('TIMEOUT', `the deadline of ${deadline.ms} ms had come`));
    whenLate();
  }, timeLeft);
  const end = (): void => controller.abort(ending.reason);
  if (ending.aborted) end();
  else ending.addEventListener('abort', end, { once: true });
  return {
    signal: controller.signal,
    get isLate() {
      return isLate;
    },
    end() {
      clearTimeout(timer);
      ending.removeEventListener('abort', end);
    },
  };
}

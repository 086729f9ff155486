import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type VerdictWatchOptions, watchVerdict } from './verdict-deadline.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function watch(change: Partial<VerdictWatchOptions> = {}) {
  const ending = new AbortController();
  const whenLate = vi.fn();
  const deadline = { ms: 1_000, lateDecision: 'KO' } as const;
  const begin = performance.now();
  const watched = watchVerdict({ deadline, reserveMs: 20, begin, ending: ending.signal, whenLate, ...change });
  return { watched, whenLate, ending };
}

describe('the deadline of an item', () => {
  it('comes early enough to save the result within it, and calls off what is under way', () => {
    const { watched, whenLate } = watch();
    vi.advanceTimersByTime(979);
    expect([watched.isLate, watched.signal.aborted]).toEqual([false, false]);
    vi.advanceTimersByTime(1);
    expect([watched.isLate, watched.signal.aborted]).toEqual([true, true]);
    expect(watched.signal.reason).toMatchObject({ code: 'TIMEOUT', message: 'the deadline of 1000 ms had come' });
    expect(whenLate).toHaveBeenCalledTimes(1);
  });

  it('leaves the models most of the time, however slow the disk is', () => {
    const { watched } = watch({ reserveMs: 60_000 });
    vi.advanceTimersByTime(749);
    expect(watched.isLate).toBe(false);
    vi.advanceTimersByTime(1);
    expect(watched.isLate).toBe(true);
  });

  it('counts from the trigger', () => {
    const { watched } = watch({ begin: performance.now() - 900 });
    vi.advanceTimersByTime(80);
    expect(watched.isLate).toBe(true);
  });

  it('does not matter any more once the item is decided', () => {
    const { watched, whenLate } = watch();
    watched.end();
    vi.advanceTimersByTime(5_000);
    expect([watched.isLate, watched.signal.aborted]).toEqual([false, false]);
    expect(whenLate).not.toHaveBeenCalled();
  });

  it('is none where none is configured, and the end of the station ends the item all the same', () => {
    const { watched, ending } = watch({ deadline: null });
    vi.advanceTimersByTime(3_600_000);
    expect(watched.isLate).toBe(false);
    ending.abort();
    expect(watched.signal.aborted).toBe(true);
    const other = watch();
    other.ending.abort();
    expect([other.watched.signal.aborted, other.watched.isLate]).toEqual([true, false]);
  });
});

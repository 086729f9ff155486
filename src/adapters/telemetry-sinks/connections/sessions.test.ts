import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSessions } from './sessions.ts';

const never = new AbortController().signal;

/** Connections to nowhere, numbered in the order in which they are opened. */
function numbered(size: number) {
  const left: number[] = [];
  let opened = 0;
  const sessions = createSessions({
    size,
    idleMs: () => 60_000,
    isHarmless: () => false,
    async open() {
      opened += 1;
      const number = opened;
      return {
        number,
        lost: () => false,
        end: () => void left.push(number),
        leave: async () => void left.push(number),
      };
    },
  });
  return { sessions, left };
}

describe('connections', () => {
  it('go to whoever waits longest, past those who were called off', async () => {
    const { sessions } = numbered(1);
    const first = Promise.withResolvers<void>();
    const abort = new AbortController();
    const order: string[] = [];
    const waiting = [
      sessions.use(never, () => first.promise),
      sessions.use(never, async () => void order.push('second')),
      sessions.use(abort.signal, async () => void order.push('called off')),
      sessions.use(never, async () => void order.push('last')),
    ];
    abort.abort(new Error('called off'));
    first.resolve();
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(order).toEqual(['second', 'last']);
  });

  it('are ended after work that was rejected, and used again after other work', async () => {
    const { sessions, left } = numbered(1);
    await sessions.use(never, async () => undefined);
    await expect(sessions.use(never, async ({ number }) => number)).resolves.toBe(1);
    await expect(sessions.use(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(left).toEqual([1]);
    await expect(sessions.use(never, async ({ number }) => number)).resolves.toBe(2);
  });
});

describe('a connection that nobody uses', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is left after a minute', async () => {
    const { sessions, left } = numbered(2);
    await sessions.use(never, async () => undefined);
    await vi.advanceTimersByTimeAsync(59_000);
    await sessions.use(never, async () => undefined);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(left).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(left).toEqual([1]);
    await expect(sessions.use(never, async ({ number }) => number)).resolves.toBe(2);
    await sessions.close();
    expect(left).toEqual([1, 2]);
  });
});

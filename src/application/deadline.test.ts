import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withDeadline } from './deadline.ts';

const LONG = 60_000;
const hanging = (): Promise<never> => new Promise(() => {});

describe('a deadline', () => {
  it('gives what was done in time', async () => {
    const outer = new AbortController();
    expect(await withDeadline(LONG, 'the work', outer.signal, async () => 'done')).toBe('done');
  });

  it.each([
    ['a rejected promise', async () => Promise.reject(new Error('broken'))],
    [
      'an exception',
      () => {
        throw new Error('broken');
      },
    ],
  ])('passes %s on', async (_what, run) => {
    const { signal } = new AbortController();
    await expect(withDeadline(LONG, 'the work', signal, run)).rejects.toThrow('broken');
  });

  it('ends work that never notices, names it, and aborts its signal', async () => {
    const { signal } = new AbortController();
    let inner: AbortSignal | undefined;
    const work = withDeadline(1, 'the capture', signal, (given) => {
      inner = given;
      return hanging();
    });
    await expect(work).rejects.toMatchObject({ code: 'TIMEOUT', message: 'the capture did not end within 1 ms' });
    expect(inner?.aborted).toBe(true);
  });

  it('tells a timeout from what the work says when it is aborted', async () => {
    const work = withDeadline(1, 'the capture', new AbortController().signal, async (signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(new Error('aborted inside')));
      return promise;
    });
    await expect(work).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('ends when the outer signal does', async () => {
    const outer = new AbortController();
    const work = withDeadline(LONG, 'the capture', outer.signal, hanging);
    outer.abort();
    await expect(work).rejects.toMatchObject({ code: 'ABORTED', message: 'the capture was cancelled' });
  });

  it.each([
    ['hangs', hanging],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
  ])('is over at once when the outer signal is aborted already and the work %s', async (_what, run) => {
    await expect(withDeadline(LONG, 'the capture', AbortSignal.abort(), run)).rejects.toThrow();
  });

  it('leaves no listener on the outer signal', async () => {
    const outer = new AbortController();
    await withDeadline(LONG, 'the work', outer.signal, async () => 'done');
    await withDeadline(LONG, 'the work', outer.signal, async () => Promise.reject(new Error('broken'))).catch(() => 0);
    await withDeadline(1, 'the work', outer.signal, hanging).catch(() => 0);
    expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
  });
});

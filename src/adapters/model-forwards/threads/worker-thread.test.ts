import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../../domain/errors.ts';
import { startWorkerThread, type WorkerThread } from './worker-thread.ts';

/** A thread that does what it is asked: answer, fail, wait, crash, exit, or spin for ever. */
const SCRIPT = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ id, request, end }) => {
  if (end) process.exit();
  if (request === undefined) return;
  if (request.do === 'answer') parentPort.postMessage({ id, value: request.value });
  if (request.do === 'fail') parentPort.postMessage({ id, failure: request.failure });
  if (request.do === 'crash') throw new Error('out of paper');
  if (request.do === 'exit') process.exit(3);
  if (request.do === 'spin') for (;;);
});`;

const closed = new AppError('ABORTED', 'closed by the test');

function start(): { thread: WorkerThread; ends: AppError[] } {
  const ends: AppError[] = [];
  const file = new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`);
  const thread = startWorkerThread(file, (reason) => ends.push(reason));
  onTestFinished(() => thread.stop(closed, true));
  return { thread, ends };
}

describe('a worker thread', () => {
  it('answers requests side by side', async () => {
    const { thread } = start();
    const values = [1, 2, 3].map((value) => thread.call<number>({ do: 'answer', value }, 'MODEL_FAILED'));
    expect(await Promise.all(values)).toEqual([1, 2, 3]);
    expect(thread.pending()).toBe(0);
  });

  it.each([
    ['its own code', 'TIMEOUT', 'TIMEOUT'],
    ['the code of the call where it has none', null, 'MODEL_INVALID'],
  ])('fails a request with %s', async (_, code, expected) => {
    const { thread } = start();
    const failure = { code, message: 'no luck', details: { count: 2 } };
    const call = thread.call({ do: 'fail', failure }, 'MODEL_INVALID');
    await expect(call).rejects.toMatchObject({ code: expected, message: 'no luck', details: { count: 2 } });
  });

  it.each([
    ['crashes', 'crash', /out of paper/],
    ['exits', 'exit', /exit status 3/],
  ])('that %s fails what waits for it, tells once, and takes nothing more', async (_, what, sentence) => {
    const { thread, ends } = start();
    const waiting = thread.call({ do: 'wait' }, 'MODEL_FAILED');
    const fatal = thread.call({ do: what }, 'MODEL_FAILED');
    await expect(waiting).rejects.toThrow(sentence);
    await expect(fatal).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await expect(thread.call({ do: 'answer', value: 1 }, 'MODEL_FAILED')).rejects.toThrow(sentence);
    expect(ends).toHaveLength(1);
    expect(thread.ended()).toBe(true);
  });

  it('lets go of a call at once when its signal is aborted', async () => {
    const { thread } = start();
    const controller = new AbortController();
    const call = thread.call({ do: 'wait' }, 'MODEL_FAILED', controller.signal);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await thread.call({ do: 'answer', value: 1 }, 'MODEL_FAILED')).toBe(1);
  });

  it('is stopped by force in the middle of endless work, and a second time without complaint', async () => {
    const { thread, ends } = start();
    const endless = thread.call({ do: 'spin' }, 'MODEL_FAILED');
    const stopped = thread.stop(closed, true);
    await expect(endless).rejects.toBe(closed);
    await stopped;
    await thread.stop(closed, true);
    expect(ends).toEqual([]);
  });
});

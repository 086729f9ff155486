import { AppError, messageOf } from '../../../domain/errors.ts';
import type { Camera } from '../../../ports/camera.ts';
import type { Log } from '../../../ports/context.ts';
import { type AskedSize, otherSize } from './asked-size.ts';
import { createBackoff } from './backoff.ts';
import { createJpegSplitter } from './jpeg-splitter.ts';

/**
 * Opens the stream and gives its bytes as they come. Resolves or rejects when it has ended and everything it held is
 * free again; rejects with a sentence that says why, which follows the name of the camera.
 */
export type RunStream = (onBytes: (chunk: Uint8Array) => void, signal: AbortSignal) => Promise<void>;

export interface FrameSourceOptions {
  /** The camera, as messages name it. */
  readonly name: string;
  readonly stream: RunStream;
  /** How long a picture takes from the sensor to here, in milliseconds: what comes earlier shows what was before the trigger. */
  readonly latencyMs: number;
  /** Longest wait for the first picture of a stream that was opened, in milliseconds. */
  readonly startTimeoutMs?: number;
  /** Longest time between two pictures, in milliseconds; a stream that is slower has stopped. */
  readonly stallTimeoutMs?: number;
  /** Pause before the first attempt to open the stream again, doubled with each one, in milliseconds. */
  readonly firstPauseMs?: number;
  /** What it is up to at most. */
  readonly lastPauseMs?: number;
  /** What the device was asked for; a picture that has another size is a warning of the camera. */
  readonly size?: AskedSize;
  readonly log: Log;
}

/** One who waits for a picture. */
interface Waiting {
  /** The picture must not have begun before. */
  readonly after: number;
  readonly give: (bytes: () => Uint8Array) => void;
  readonly fail: (error: Error) => void;
}

/**
 * A camera that is always running. A capture gives the first picture that can show what was there at the trigger, never
 * one of before. A stream that ends or stops is opened again by itself, with growing pauses, and until its first picture
 * captures fail at once with `CAMERA_UNREACHABLE` and the reason.
 */
export function openFrameSource(options: FrameSourceOptions): Camera & Required<Pick<Camera, 'warnings'>> {
  const { name, stream, latencyMs, startTimeoutMs = 10_000, stallTimeoutMs = 5_000, log } = options;
  const now = (): number => performance.now();
  const waiting = new Set<Waiting>();
  const end = new AbortController();
  let isRunning = false;
  /** Whether this life of the stream brought a picture: the attempt after it follows soon. */
  let hasGiven = false;
  /** Why there is no picture; null while there are some, and before the first attempt has ended. */
  let failure: string | null = null;
  let warning: string | null = null;

  const unreachable = (reason: string): AppError => new AppError('CAMERA_UNREACHABLE', `${name} ${reason}`);
  const failAll = (error: Error): void => {
    for (const one of waiting) one.fail(error);
  };

  const lookAtSize = (picture: Uint8Array): void => {
    const other = otherSize(picture, options.size ?? {});
    if (other !== null && other !== warning) {
      log.warn({ camera: name, warning: other }, 'the camera does not take a setting');
    }
    warning = other;
  };

  /** One life of the stream; gives the reason of its end. */
  const runOnce = async (): Promise<string> => {
    const stop = new AbortController();
    const stopIt = (): void => stop.abort();
    end.signal.addEventListener('abort', stopIt, { once: true });
    let stalled: string | null = null;
    /** Whether bytes have come since the last picture. */
    let hasOther = false;
    const watch = (timeoutMs: number): NodeJS.Timeout =>
      setTimeout(() => {
        stalled = `gave no picture for ${timeoutMs} ms${hasOther ? ', but other data' : ''}`;
        isRunning = false;
        failure = stalled;
        failAll(unreachable(stalled));
        stop.abort();
      }, timeoutMs);
    let timer = watch(startTimeoutMs);
    const splitter = createJpegSplitter({
      now,
      onPicture({ startedAt, bytes }) {
        if (stop.signal.aborted) return;
        clearTimeout(timer);
        timer = watch(stallTimeoutMs);
        if (!isRunning && failure !== null) log.info({ camera: name }, 'the camera is back');
        isRunning = true;
        if (!hasGiven) lookAtSize(bytes());
        hasGiven = true;
        hasOther = false;
        failure = null;
        for (const one of waiting) if (startedAt >= one.after) one.give(bytes);
      },
    });
    const onBytes = (chunk: Uint8Array): void => {
      hasOther = true;
      splitter.push(chunk);
    };
    const reason = await stream(onBytes, stop.signal).then(
      () => 'ended its stream',
      (error: unknown) => messageOf(error),
    );
    clearTimeout(timer);
    end.signal.removeEventListener('abort', stopIt);
    return stalled ?? reason;
  };

  const run = async (): Promise<void> => {
    const backoff = createBackoff(options.firstPauseMs, options.lastPauseMs);
    while (!end.signal.aborted) {
      const before = failure;
      hasGiven = false;
      const reason = await runOnce();
      if (end.signal.aborted) return;
      if (hasGiven) backoff.reset();
      isRunning = false;
      failure = reason;
      failAll(unreachable(reason));
      if (hasGiven || reason !== before)
        log.warn({ camera: name, reason }, 'the camera gives no pictures and is opened again');
      await backoff.pause(end.signal);
    }
  };

  const pictureAfter = (after: number, signal: AbortSignal): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(one);
        signal.removeEventListener('abort', callOff);
      };
      const one: Waiting = {
        after,
        give(bytes) {
          leave();
          resolve(bytes());
        },
        fail(error) {
          leave();
          reject(error);
        },
      };
      const callOff = (): void => one.fail(signal.reason);
      signal.addEventListener('abort', callOff, { once: true });
      waiting.add(one);
    });

  const ended = run();

  return {
    async capture(signal) {
      signal.throwIfAborted();
      if (end.signal.aborted) throw new AppError('CAPTURE_FAILED', `${name} is closed`);
      if (failure !== null) throw unreachable(failure);
      return await pictureAfter(now() + latencyMs, signal);
    },
    async check(signal) {
      signal.throwIfAborted();
      if (end.signal.aborted) throw unreachable('is closed');
      if (failure !== null) throw unreachable(failure);
      if (!isRunning) await pictureAfter(0, signal);
    },
    warnings: () => (warning === null ? [] : [warning]),
    async close() {
      end.abort();
      failAll(new AppError('CAPTURE_FAILED', `${name} is closed`));
      await ended;
    },
  };
}

import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { cameraContract } from '../../../ports/camera.contract.ts';
import type { Camera } from '../../../ports/camera.ts';
import { silentLog } from '../../../ports/context.test-support.ts';
import type { Log } from '../../../ports/context.ts';
import { closedAfterwards, untilCheck } from '../programs.test-support.ts';
import { type FrameSourceOptions, openFrameSource, type RunStream } from './frame-source.ts';

const never = new AbortController().signal;
const keep = closedAfterwards();
let picture: Buffer;

beforeAll(async () => {
  picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
});

/** A picture that says when it was made: the time follows in a comment of the file. */
function stamped(time: number): Buffer {
  const text = Buffer.from(String(time));
  return Buffer.concat([
    picture.subarray(0, 2),
    Buffer.from([0xff, 0xfe, 0, text.length + 2]),
    text,
    picture.subarray(2),
  ]);
}

function timeOf(bytes: Uint8Array): number {
  return Number(Buffer.from(bytes).subarray(6, 6 + (bytes[5] ?? 2) - 2));
}

/** A stream that gives a picture every few milliseconds until it is called off. */
const steady: RunStream = async (onBytes, signal) => {
  while (!signal.aborted) {
    onBytes(stamped(performance.now()));
    await wait(5);
  }
};

function open(stream: RunStream, options: Partial<FrameSourceOptions> = {}): Camera {
  const paces = { firstPauseMs: 5, lastPauseMs: 10 };
  return keep(openFrameSource({ name: 'the camera', latencyMs: 0, log: silentLog, ...paces, ...options, stream }));
}

describe('a camera that is always running', () => {
  cameraContract(async () => open(steady));

  it('never gives a picture of before the trigger', async () => {
    const camera = open(steady);
    for (let count = 0; count < 20; count += 1) {
      const trigger = performance.now();
      expect(timeOf(await camera.capture(never))).toBeGreaterThanOrEqual(trigger);
    }
  });

  it('never gives a picture that was on its way when the trigger came', async () => {
    const camera = open(steady, { latencyMs: 40 });
    const trigger = performance.now();
    expect(timeOf(await camera.capture(never))).toBeGreaterThanOrEqual(trigger + 40);
  });

  it('never gives a picture that began before the trigger and ended after it', async () => {
    const half = 40;
    const control = Promise.withResolvers<void>();
    const camera = open(async (onBytes, signal) => {
      onBytes(picture);
      onBytes(stamped(1).subarray(0, half));
      await control.promise;
      onBytes(stamped(1).subarray(half));
      onBytes(stamped(2));
      await wait(60_000, undefined, { signal }).catch(() => undefined);
    });
    await camera.check(never);
    const capture = camera.capture(never);
    control.resolve();
    expect(timeOf(await capture)).toBe(2);
  });

  it('fails at once with the reason when it is away, and comes back by itself', async () => {
    let isAway = false;
    let left = new AbortController();
    const warnings: object[] = [];
    const log: Log = { ...silentLog, warn: (fields) => void warnings.push(fields) };
    const camera = open(
      async (onBytes, signal) => {
        if (isAway) throw new Error('is unplugged');
        await steady(onBytes, AbortSignal.any([signal, left.signal]));
      },
      { log },
    );
    await camera.check(never);
    isAway = true;
    left.abort();
    await untilCheck(camera, 'rejected');
    await wait(50);
    const gone = { code: 'CAMERA_UNREACHABLE', message: 'the camera is unplugged' };
    await expect(camera.capture(never)).rejects.toMatchObject(gone);
    await expect(camera.check(never)).rejects.toMatchObject(gone);
    expect(warnings, 'each reason is logged once').toEqual([
      { camera: 'the camera', reason: 'ended its stream' },
      { camera: 'the camera', reason: 'is unplugged' },
    ]);
    left = new AbortController();
    isAway = false;
    await untilCheck(camera, 'fulfilled');
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
  });

  it('tells a capture that waits that the stream has ended', async () => {
    const camera = open(async (onBytes) => {
      onBytes(picture);
      await wait(20);
    });
    await camera.check(never);
    const failure = { code: 'CAMERA_UNREACHABLE', message: 'the camera ended its stream' };
    await expect(camera.capture(never)).rejects.toMatchObject(failure);
  });

  it('notices that a stream has stopped, ends it and opens it again', async () => {
    let lives = 0;
    const ended: number[] = [];
    const camera = open(
      async (onBytes, signal) => {
        lives += 1;
        const life = lives;
        if (life > 1) return await steady(onBytes, signal);
        onBytes(picture);
        await wait(60_000, undefined, { signal }).catch(() => ended.push(life));
      },
      { stallTimeoutMs: 30 },
    );
    await camera.check(never);
    const stopped = { code: 'CAMERA_UNREACHABLE', message: 'the camera gave no picture for 30 ms' };
    await expect(camera.capture(never)).rejects.toMatchObject(stopped);
    await untilCheck(camera, 'fulfilled');
    expect(ended).toEqual([1]);
  });

  it('notices that a stream never begins', async () => {
    const camera = open((_onBytes, signal) => wait(60_000, undefined, { signal }), { startTimeoutMs: 20 });
    await expect(camera.check(never)).rejects.toThrow('the camera gave no picture for 20 ms');
  });

  it('says that what comes is no picture', async () => {
    const garbage: RunStream = async (onBytes, signal) => {
      onBytes(Buffer.from('this is no picture'));
      await wait(60_000, undefined, { signal });
    };
    const camera = open(garbage, { startTimeoutMs: 20 });
    await expect(camera.check(never)).rejects.toThrow('the camera gave no picture for 20 ms, but other data');
  });

  it('lets go of its stream before it says that it is closed, and of a capture that waits', async () => {
    let isOpen = false;
    const camera = open(async (_onBytes, signal) => {
      isOpen = true;
      await wait(60_000, undefined, { signal }).catch(() => undefined);
      await wait(20);
      isOpen = false;
    });
    const capture = camera.capture(never);
    const refused = expect(capture).rejects.toMatchObject({ code: 'CAPTURE_FAILED', message: 'the camera is closed' });
    await camera.close();
    await refused;
    expect(isOpen).toBe(false);
  });
});

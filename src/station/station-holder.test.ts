import { describe, expect, it } from 'vitest';
import { testStation } from '../application/inspection.test-support.ts';
import type { OpenStation } from './open-station.ts';
import { createStationHolder } from './station-holder.ts';

interface TestStation extends OpenStation {
  readonly closes: number;
}

function openTestStation(name: string, close = async (): Promise<void> => {}): TestStation {
  let closes = 0;
  return {
    station: testStation([], { configName: name }),
    raw: { name },
    unreachableCameras: async () => [],
    cameraWarnings: () => [],
    async close() {
      closes += 1;
      await close();
    },
    get closes() {
      return closes;
    },
  };
}

describe('the active station', () => {
  it('is none at first, and cannot be held then', () => {
    const holder = createStationHolder();
    expect(holder.active()).toBeNull();
    expect(() => holder.hold()).toThrow(
      expect.objectContaining({
        code: 'NO_ACTIVE_CONFIG',
        message: expect.stringMatching(/^No active configuration selected!/),
      }),
    );
  });

  it('is the last one that replaced another, which is closed', () => {
    const holder = createStationHolder();
    const [first, second] = [openTestStation('first'), openTestStation('second')];
    holder.replace(first);
    expect(holder.active()).toBe(first);
    holder.replace(second);
    expect(holder.active()).toBe(second);
    expect([first.closes, second.closes]).toEqual([1, 0]);
  });

  it('stays open after it is replaced until the last one who holds it lets go, once', () => {
    const holder = createStationHolder();
    const [first, second] = [openTestStation('first'), openTestStation('second')];
    holder.replace(first);
    const holds = [holder.hold(), holder.hold()];
    holder.replace(second);
    expect(holder.hold().station.configName).toBe('second');
    holds[0]?.release();
    holds[0]?.release();
    expect(first.closes).toBe(0);
    expect(holds[1]?.station.configName).toBe('first');
    holds[1]?.release();
    expect(first.closes).toBe(1);
    expect(second.closes).toBe(0);
  });

  it('is not closed by who lets go of it while it is active', () => {
    const holder = createStationHolder();
    const station = openTestStation('first');
    holder.replace(station);
    holder.hold().release();
    expect(station.closes).toBe(0);
  });

  it('is closed in the end, once nobody holds it or one before it', async () => {
    const holder = createStationHolder();
    const closing = Promise.withResolvers<void>();
    const [first, second] = [openTestStation('first', () => closing.promise), openTestStation('second')];
    holder.replace(first);
    const held = holder.hold();
    holder.replace(second);
    let isClosed = false;
    const closed = holder.close().then(() => {
      isClosed = true;
    });
    expect(holder.active()).toBeNull();
    expect(second.closes).toBe(1);
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    await settle();
    expect({ isClosed, closes: first.closes }).toEqual({ isClosed: false, closes: 0 });
    held.release();
    await settle();
    expect({ isClosed, closes: first.closes }).toEqual({ isClosed: false, closes: 1 });
    closing.resolve();
    await closed;
    await holder.close();
    expect([first.closes, second.closes]).toEqual([1, 1]);
  });

  it('that cannot be closed stops nobody', async () => {
    const holder = createStationHolder();
    holder.replace(openTestStation('first', () => Promise.reject(new Error('stuck'))));
    await expect(holder.close()).resolves.toBeUndefined();
  });

  it('is closed at once when it comes after the end', async () => {
    const holder = createStationHolder();
    await holder.close();
    const late = openTestStation('late');
    holder.replace(late);
    expect(late.closes).toBe(1);
    expect(holder.active()).toBeNull();
  });
});

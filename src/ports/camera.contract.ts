import { afterEach, describe, expect, it } from 'vitest';
import type { Camera } from './camera.ts';

const never = new AbortController().signal;

/** What every camera promises. `open` gives one that can take pictures now. */
export function cameraContract(open: () => Promise<Camera>): void {
  describe('as a camera', () => {
    const opened: Camera[] = [];
    const openOne = async (): Promise<Camera> => {
      const camera = await open();
      opened.push(camera);
      return camera;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((camera) => camera.close()));
    });

    it('takes pictures that have bytes, one after the other', async () => {
      const camera = await openOne();
      expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
      expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
    });

    it('says that a capture could succeed', async () => {
      const camera = await openOne();
      await expect(camera.check(never)).resolves.toBeUndefined();
    });

    it('rejects at once when it is already called off', async () => {
      const camera = await openOne();
      await expect(camera.capture(AbortSignal.abort())).rejects.toThrow();
      await expect(camera.check(AbortSignal.abort())).rejects.toThrow();
    });

    it('takes a picture after one that was called off', async () => {
      const camera = await openOne();
      const control = new AbortController();
      const calledOff = camera.capture(control.signal).catch(() => undefined);
      control.abort();
      await calledOff;
      expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
    });

    it('closes twice without complaint and takes no picture afterwards', async () => {
      const camera = await openOne();
      await camera.close();
      await camera.close();
      await expect(camera.capture(never)).rejects.toThrow();
      await expect(camera.check(never)).rejects.toThrow();
    });
  });
}

import { describe, expect, it } from 'vitest';
import { testContext } from '../../ports/context.test-support.ts';
import { piCamera } from './pi-camera.ts';

const never = new AbortController().signal;

describe('Raspberry Pi camera', () => {
  it('takes the options of the specification, with the first camera as default', () => {
    expect(piCamera.options.parse({})).toEqual({ camera_number: 0 });
    expect(piCamera.options.parse({ camera_number: 1, width: 640, height: 480 })).toMatchObject({ camera_number: 1 });
  });

  it.each([{ camera_number: -1 }, { width: 0 }, { source: '/dev/video0' }])('refuses %j', (options) => {
    expect(piCamera.options.safeParse(options).success).toBe(false);
  });

  it('opens, and refuses every capture because this version cannot take it', async () => {
    expect(piCamera.planned).toBe(true);
    expect(piCamera.source({ camera_number: 0 })).toBeNull();
    const camera = await piCamera.open({ camera_number: 0 }, await testContext());
    const refusal = { code: 'CAMERA_UNREACHABLE', message: 'pi_camera is not part of this version' };
    await expect(camera.capture(never)).rejects.toMatchObject(refusal);
    await expect(camera.check(never)).rejects.toMatchObject(refusal);
    await camera.close();
    await camera.close();
  });
});

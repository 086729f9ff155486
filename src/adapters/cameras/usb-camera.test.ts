import { describe, expect, it } from 'vitest';
import { testContext } from '../../ports/context.test-support.ts';
import { usbCamera } from './usb-camera.ts';

const never = new AbortController().signal;

describe('USB camera', () => {
  it('takes the options of the specification, all of them optional', () => {
    const all = { source: '/dev/video0', width: 1280, height: 720, pixel_format: 'MJPG', fps: 30 };
    expect(usbCamera.options.parse(all)).toEqual(all);
    expect(usbCamera.options.parse({})).toEqual({});
  });

  it.each([{ width: 0 }, { height: 1.5 }, { fps: 0 }, { source: '' }, { camera_number: 0 }])(
    'refuses %j',
    (options) => {
      expect(usbCamera.options.safeParse(options).success).toBe(false);
    },
  );

  it('names its device as the source of a picture, if it has one', () => {
    expect(usbCamera.source({ source: '/dev/video2' })).toBe('/dev/video2');
    expect(usbCamera.source({})).toBeNull();
  });

  it('opens, and refuses every capture because this version cannot take it', async () => {
    expect(usbCamera.planned).toBe(true);
    const camera = await usbCamera.open({}, await testContext());
    const refusal = { code: 'CAMERA_UNREACHABLE', message: 'usb_camera is not part of this version' };
    await expect(camera.capture(never)).rejects.toMatchObject(refusal);
    await expect(camera.check(never)).rejects.toMatchObject(refusal);
    await camera.close();
    await camera.close();
  });
});

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cameraContract } from '../../ports/camera.contract.ts';
import type { Camera, CameraContext } from '../../ports/camera.ts';
import { temporaryFolder, testContext } from '../../ports/context.test-support.ts';
import { piCamera } from './pi-camera.ts';
import { closedAfterwards, type Programs, pictureWriter, programs, untilCheck } from './programs.test-support.ts';

const never = new AbortController().signal;
const keep = closedAfterwards();

async function withProgram(name: string): Promise<Programs> {
  const found = await programs();
  await found.add(name, await pictureWriter());
  return found;
}

async function openPi(
  path: string,
  options: Readonly<Record<string, unknown>> = {},
  change: Partial<CameraContext> = {},
): Promise<Camera> {
  const context = await testContext({ env: { PATH: path } });
  return keep(await piCamera.open(piCamera.options.parse({ latency_ms: 0, ...options }), { ...context, ...change }));
}

describe('a Raspberry Pi camera', () => {
  cameraContract(async () => openPi((await withProgram('rpicam-vid')).path));

  it('takes the options of the specification, with the first camera as default', () => {
    expect(piCamera.options.parse({})).toEqual({ camera_number: 0, latency_ms: 100 });
    expect(piCamera.options.parse({ camera_number: 1, width: 640, height: 480 })).toMatchObject({ camera_number: 1 });
    expect(piCamera.source(piCamera.options.parse({}))).toBeNull();
  });

  it.each([{ camera_number: -1 }, { width: 0 }, { source: '/dev/video0' }])('refuses %j', (options) => {
    expect(piCamera.options.safeParse(options).success).toBe(false);
  });

  it.each(['rpicam-vid', 'libcamera-vid'])('is read by %s, whichever the system has', async (program) => {
    const found = await withProgram(program);
    const settings = { exposition: 20_000, brightness: -0.25 };
    const options = { camera_number: 1, width: 1920, height: 1080 };
    const camera = await openPi(found.path, options, { settings });
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
    expect(found.calls(program)).toEqual([
      [
        ...['--nopreview', '--timeout', '0', '--codec', 'mjpeg', '--quality', '93', '--camera', '1'],
        ...['--width', '1920', '--height', '1080', '--shutter', '20000', '--brightness', '-0.25'],
        ...['--flush', '--output', '-'],
      ],
    ]);
    expect(camera.warnings?.()).toEqual(['size 1920x1080 was refused: its pictures are 8x8']);
  });

  it('takes pictures without a setting that it cannot have, and says so', async () => {
    const found = await withProgram('rpicam-vid');
    const camera = await openPi(found.path, {}, { settings: { exposition: 0, brightness: 100 } });
    await camera.capture(never);
    expect(found.calls('rpicam-vid').flat()).not.toContain('--brightness');
    expect(camera.warnings?.()).toEqual([
      'exposition 0 was not set: expected microseconds, more than 0',
      'brightness 100 was not set: expected a number from -1 to 1',
    ]);
  });

  it('says how to install its program where there is none', async () => {
    const camera = await openPi(await temporaryFolder());
    expect(await untilCheck(camera, 'rejected')).toBe(
      'the Raspberry Pi camera 0 cannot be read: rpicam-vid is not installed: sudo apt-get install -y rpicam-apps',
    );
  });

  it('says that it is gone, and takes pictures again when it is back', async () => {
    const [found, cable] = [await programs(), join(await temporaryFolder(), 'cable')];
    const pictures = (await pictureWriter()).replace('while ', `while [ -e "${cable}" ] && `);
    await found.add('rpicam-vid', `${pictures}; echo 'ERROR: *** no cameras available ***' >&2; exit 255`);
    await writeFile(cable, '');
    const camera = await openPi(found.path);
    await camera.capture(never);
    await rm(cable);
    await untilCheck(camera, 'rejected');
    await expect(camera.capture(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await writeFile(cable, '');
    await untilCheck(camera, 'fulfilled');
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
  });

  it('says what its program says', async () => {
    const found = await programs();
    await found.add('rpicam-vid', "echo 'ERROR: *** no cameras available ***' >&2; exit 255");
    const camera = await openPi(found.path);
    expect(await untilCheck(camera, 'rejected')).toBe(
      'the Raspberry Pi camera 0 is gone: ERROR: *** no cameras available ***',
    );
  });
});

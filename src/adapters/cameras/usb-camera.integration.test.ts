import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cameraContract } from '../../ports/camera.contract.ts';
import type { Camera, CameraContext } from '../../ports/camera.ts';
import { silentLog, temporaryFolder, testContext } from '../../ports/context.test-support.ts';
import {
  CLOCK_PICTURES,
  closedAfterwards,
  type Programs,
  pictureWriter,
  programs,
  timeIn,
  timeNow,
  untilCheck,
  withoutFfmpeg,
} from './programs.test-support.ts';
import { openUsbCamera, usbCamera } from './usb-camera.ts';

const never = new AbortController().signal;
const keep = closedAfterwards();

const FORMATS = `
[video4linux2,v4l2 @ 0x5581] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 1280x720
[video4linux2,v4l2 @ 0x5581] Compressed:       mjpeg :          Motion-JPEG : 640x480 1280x720`;
const CONTROLS = `
                     brightness 0x00980900 (int)    : min=-64 max=64 step=1 default=0 value=0
                  auto_exposure 0x009a0901 (menu)   : min=0 max=3 default=3 value=3
         exposure_time_absolute 0x009a0902 (int)    : min=1 max=5000 step=1 default=157 value=157 flags=inactive`;

/** An ffmpeg that lists the formats of a device, and then gives pictures. */
async function withFormats(formats: string): Promise<Programs> {
  const found = await programs();
  const list = `case "$*" in *-list_formats*) echo '${formats}' >&2; exit 1;; esac`;
  await found.add('ffmpeg', `${list}\n${await pictureWriter()}`);
  return found;
}

/** A file that stands for a device. */
async function device(): Promise<string> {
  const path = join(await temporaryFolder(), 'video0');
  await writeFile(path, '');
  return path;
}

async function openUsb(
  { path }: Pick<Programs, 'path'>,
  options: Readonly<Record<string, unknown>>,
  context: Partial<CameraContext> = {},
): Promise<Camera> {
  const parsed = usbCamera.options.parse({ latency_ms: 0, ...options });
  return keep(await usbCamera.open(parsed, { ...(await testContext({ env: { PATH: path } })), ...context }));
}

async function openMadeUp(options: Readonly<Record<string, unknown>> = {}, log = silentLog): Promise<Camera> {
  const context = await testContext({ env: { PATH: process.env.PATH }, log });
  const parsed = usbCamera.options.parse({ source: CLOCK_PICTURES, latency_ms: 0, ...options });
  return keep(await openUsbCamera(parsed, context, 'lavfi'));
}

describe('the options of a USB camera', () => {
  it('are those of the specification, all of them optional', () => {
    const all = { source: '/dev/video0', width: 1280, height: 720, pixel_format: 'MJPG', fps: 30, latency_ms: 40 };
    expect(usbCamera.options.parse(all)).toEqual(all);
    expect(usbCamera.options.parse({})).toEqual({ latency_ms: 60 });
  });

  it.each([{ width: 0 }, { height: 1.5 }, { fps: 0 }, { source: '' }, { camera_number: 0 }])(
    'do not allow %j',
    (options) => {
      expect(usbCamera.options.safeParse(options).success).toBe(false);
    },
  );

  it('name the device as the source of a picture, if there is one', () => {
    expect(usbCamera.source(usbCamera.options.parse({ source: '/dev/video2' }))).toBe('/dev/video2');
    expect(usbCamera.source(usbCamera.options.parse({}))).toBeNull();
  });
});

describe.skipIf(withoutFfmpeg !== '')(`a USB camera that ffmpeg makes up${withoutFfmpeg}`, () => {
  cameraContract(() => openMadeUp());

  it('gives pictures that were made after the trigger, one after the other', async () => {
    const camera = await openMadeUp();
    await camera.capture(never);
    for (let count = 0; count < 10; count += 1) {
      const trigger = timeNow();
      expect(await timeIn(await camera.capture(never))).toBeGreaterThanOrEqual(trigger - 1);
    }
  });

  it('gives pictures that were made later by the time they need from the sensor', async () => {
    const camera = await openMadeUp({ latency_ms: 200 });
    await camera.check(never);
    const trigger = timeNow();
    expect(await timeIn(await camera.capture(never))).toBeGreaterThan(trigger + 100);
  });

  it('goes on when two pictures come at the same time', async () => {
    const warnings: object[] = [];
    const source = "testsrc=r=50,setpts='2*floor(N/2)/(50*TB)'";
    const camera = await openMadeUp({ source }, { ...silentLog, warn: (fields) => void warnings.push(fields) });
    for (let count = 0; count < 10; count += 1) await camera.capture(never);
    expect(warnings).toEqual([]);
  });
});

// hardware: not registered where it is absent
if (existsSync('/dev/video0')) {
  describe('a USB camera that is there', () => {
    cameraContract(() => openUsb({ path: process.env.PATH ?? '' }, {}));
  });
}

describe('how a USB camera is read', () => {
  const COMMON = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-fflags', 'nobuffer'];
  const AS_IT_IS = ['-map', '0:v:0', '-c:v', 'copy', '-flush_packets', '1', '-f', 'mjpeg', 'pipe:1'];
  const ENCODED = [
    ...['-map', '0:v:0', '-vf', 'settb=1/25,setpts=N', '-r', '25', '-c:v', 'mjpeg', '-q:v', '2', '-threads', '1'],
    ...['-flush_packets', '1', '-f', 'mjpeg', 'pipe:1'],
  ];

  it('takes the JPEG pictures of a device that has some as they are', async () => {
    const [found, source] = [await withFormats(FORMATS), await device()];
    await (await openUsb(found, { source, width: 1280, height: 720, fps: 30 })).capture(never);
    expect(found.calls('ffmpeg')).toEqual([
      ['-hide_banner', '-nostdin', '-f', 'v4l2', '-list_formats', 'all', '-i', source],
      [
        ...[...COMMON, '-f', 'v4l2', '-input_format', 'mjpeg', '-video_size', '1280x720', '-framerate', '30'],
        ...['-i', source, ...AS_IT_IS],
      ],
    ]);
  });

  it('encodes the pictures of a device that has no JPEG', async () => {
    const raw = FORMATS.split('\n').slice(0, 2).join('\n');
    const [found, source] = [await withFormats(raw), await device()];
    await (await openUsb(found, { source })).capture(never);
    expect(found.calls('ffmpeg').at(-1)).toEqual([...COMMON, '-f', 'v4l2', '-i', source, ...ENCODED]);
  });

  it.each([
    ['MJPG', 'mjpeg', AS_IT_IS],
    ['YUYV', 'yuyv422', ENCODED],
    ['bayer_rggb8', 'bayer_rggb8', ENCODED],
  ])('asks the device for %s when the config says so', async (pixel_format, asked, output) => {
    const [found, source] = [await withFormats(FORMATS), await device()];
    await (await openUsb(found, { source, pixel_format })).capture(never);
    const input = ['-f', 'v4l2', '-input_format', asked, '-i', source];
    expect(found.calls('ffmpeg')).toEqual([[...COMMON, ...input, ...output]]);
  });
});

describe('the size of the pictures of a USB camera', () => {
  const SIZES = '[v4l2 @ 0x5581] Compressed: mjpeg : Motion-JPEG : 640x480 1280x960 1280x720 1920x1080';

  it.each([
    [{ width: 1280 }, '1280x960'],
    [{ height: 1080, pixel_format: 'MJPG' }, '1920x1080'],
    [{ width: 800, height: 600 }, '800x600'],
  ])('is asked for with %j as %s', async (options, size) => {
    const [found, source] = [await withFormats(SIZES), await device()];
    await (await openUsb(found, { source, ...options })).capture(never);
    expect(found.calls('ffmpeg').at(-1)?.join(' ')).toContain(` -video_size ${size} `);
  });

  it.each([
    [SIZES, 'has no size 800xany, but 640x480, 1280x960, 1280x720, 1920x1080'],
    ['', 'does not say which sizes it has: give both width and height'],
  ])('is refused when the device cannot have it, by a device with the formats "%s"', async (formats, reason) => {
    const [found, source] = [await withFormats(formats), await device()];
    const camera = await openUsb(found, { source, width: 800 });
    expect(await untilCheck(camera, 'rejected')).toBe(`the USB camera ${source} ${reason}`);
  });

  it('is a warning when the device takes another one, and pictures are taken', async () => {
    const [found, source] = [await withFormats(SIZES), await device()];
    const camera = await openUsb(found, { source, width: 800, height: 600 });
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
    expect(camera.warnings?.()).toEqual(['size 800x600 was refused: its pictures are 8x8']);
  });
});

describe('exposition and brightness of a USB camera', () => {
  const settings = { exposition: 200, brightness: 10 };
  const CONTROL_SCRIPT = `case "$*" in
    *--list-ctrls*) echo '${CONTROLS}';;
    *--get-ctrl=brightness*) echo 'brightness: 10';;
  esac`;

  it('are set on the device before its first picture', async () => {
    const [found, source] = [await withFormats(FORMATS), await device()];
    await found.add('v4l2-ctl', CONTROL_SCRIPT);
    const camera = await openUsb(found, { source }, { settings });
    await camera.capture(never);
    const sets = found
      .calls('v4l2-ctl')
      .flatMap(([, place, action]) => (action?.startsWith('--set') ? [[place, action]] : []));
    expect(sets).toEqual([
      [source, '--set-ctrl=auto_exposure=1'],
      [source, '--set-ctrl=exposure_time_absolute=200'],
      [source, '--set-ctrl=brightness=10'],
    ]);
    expect(camera.warnings?.()).toEqual([]);
  });

  it('that the device refuses or changes are a warning, and pictures are taken', async () => {
    const [found, source] = [await withFormats(FORMATS), await device()];
    const refusal = "*--set-ctrl=exposure_time*) echo 'VIDIOC_S_EXT_CTRLS: failed: Input/output error' >&2; exit 255;;";
    const change = "*--get-ctrl=brightness*) echo 'brightness: 64';;";
    await found.add('v4l2-ctl', `case "$*" in *--list-ctrls*) echo '${CONTROLS}';; ${refusal} ${change} esac`);
    const camera = await openUsb(found, { source }, { settings });
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
    expect(camera.warnings?.()).toEqual([
      'exposition 200 was refused: VIDIOC_S_EXT_CTRLS: failed: Input/output error',
      'brightness 10 became 64 on the device',
    ]);
  });

  it('that the device does not have, or nobody can set, are a warning too', async () => {
    const [found, source] = [await withFormats(FORMATS), await device()];
    await found.add('v4l2-ctl', 'exit 0');
    const camera = await openUsb(found, { source }, { settings });
    await camera.capture(never);
    expect(camera.warnings?.()).toEqual([
      'exposition cannot be set on this device',
      'brightness cannot be set on this device',
    ]);
  });

  it('are left alone when the config does not ask for it', async () => {
    const [found, source] = [await withFormats(FORMATS), await device()];
    await found.add('v4l2-ctl', CONTROL_SCRIPT);
    await (await openUsb(found, { source })).capture(never);
    expect(() => found.calls('v4l2-ctl')).toThrow('ENOENT');
  });
});

describe('a USB camera that is away', () => {
  it('says that its device is not connected, and takes pictures once it is', async () => {
    const [found, source] = [await withFormats(FORMATS), await device()];
    await rm(source);
    const camera = await openUsb(found, { source });
    expect(await untilCheck(camera, 'rejected')).toBe(`the USB camera ${source} is not connected`);
    await expect(camera.capture(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await writeFile(source, '');
    await untilCheck(camera, 'fulfilled');
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
  });

  it.each([
    ['[v4l2 @ 0x55] /dev/video0: Device or resource busy', '/dev/video0: Device or resource busy'],
    [
      '[v4l2 @ 0x55] No such input format: xyz.\n/dev/video0: Invalid argument',
      'No such input format: xyz: Invalid argument',
    ],
    [
      '[in#0 @ 0x55] No such input format: xyz.\nError opening input file x.\nError opening input files: Invalid argument',
      'No such input format: xyz: Invalid argument',
    ],
  ])('says what ffmpeg says of it: %j', async (messages, reason) => {
    const [found, source] = [await programs(), await device()];
    await found.add('ffmpeg', `echo '${messages}' >&2; exit 1`);
    const camera = await openUsb(found, { source });
    expect(await untilCheck(camera, 'rejected')).toBe(`the USB camera ${source} is gone: ${reason}`);
  });

  it('says how to install ffmpeg where it is absent', async () => {
    const camera = await openUsb({ path: await temporaryFolder() }, { source: await device() });
    const message = await untilCheck(camera, 'rejected');
    expect(message).toContain('ffmpeg is not installed: sudo apt-get install -y ffmpeg');
  });
});

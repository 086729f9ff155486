import { access } from 'node:fs/promises';
import { z } from 'zod';
import { type Camera, type CameraContext, defineCamera } from '../../ports/camera.ts';
import { ffmpeg, toPictures } from './frames/ffmpeg.ts';
import { openFrameSource } from './frames/frame-source.ts';
import { streamOfProgram } from './frames/program.ts';
import { setControls } from './frames/v4l2-controls.ts';
import { firstCamera, videoFormats } from './frames/v4l2-devices.ts';

/** One exposure and one transfer at 30 pictures a second. */
const DEFAULT_LATENCY_MS = 70;

const Options = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Device, such as /dev/video0; absent: the first camera found.' }),
    width: z.int().min(1).optional().meta({ description: 'Pixels.' }),
    height: z.int().min(1).optional().meta({ description: 'Pixels.' }),
    pixel_format: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'As the device names it, such as MJPG or YUYV; absent: MJPG where the device has it.' }),
    fps: z.number().positive().optional().meta({ description: 'Pictures per second the device is run at.' }),
    latency_ms: z.int().nonnegative().max(10_000).default(DEFAULT_LATENCY_MS).meta({
      description:
        'Milliseconds from the sensor to here: pictures that come sooner after a trigger show what was before it.',
    }),
  })
  .refine(({ width, height }) => (width === undefined) === (height === undefined), {
    error: 'expected width and height, or neither of them',
    path: ['width'],
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({ title: 'USB camera' });

/** A camera at a USB port of a Linux machine, read by ffmpeg, which keeps it running. */
export const usbCamera = defineCamera({
  type: 'usb_camera',
  options: Options,
  appliesSettings: true,
  source: ({ source }) => source ?? null,
  open: (options, context) => openUsbCamera(options, context, 'v4l2'),
});

/** `input` is what ffmpeg takes the pictures from: video devices, or `lavfi`, which makes them up where there is no device. */
export async function openUsbCamera(
  options: z.output<typeof Options>,
  { env, log, settings, written }: CameraContext,
  input: 'v4l2' | 'lavfi',
): Promise<Camera> {
  const { source, pixel_format, latency_ms } = options;
  const name = source === undefined ? 'the USB camera' : `the USB camera ${String(written?.source ?? source)}`;
  let warnings: readonly string[] = [];

  const deviceOf = async (signal: AbortSignal): Promise<string> => {
    const device = source ?? (await firstCamera(env, signal));
    if (device === null) throw new Error('was not found: no device under /dev/video* gives pictures');
    const isThere = await access(device).then(
      () => true,
      () => false,
    );
    if (!isThere) throw new Error('is not connected');
    return device;
  };
  /** Sets up the device and gives the arguments to read it with. */
  const prepare = async (signal: AbortSignal): Promise<readonly string[]> => {
    const device = await deviceOf(signal);
    const format = pixel_format === undefined ? await preferredFormat(device, env, signal) : formatName(pixel_format);
    const refused = settings === undefined ? [] : await setControls(device, settings, env, signal);
    for (const warning of refused) {
      if (!warnings.includes(warning)) log.warn({ camera: name, warning }, 'the camera does not take a setting');
    }
    warnings = refused;
    return toPictures(v4l2Input(device, format, options), format === 'mjpeg');
  };

  const camera = openFrameSource({
    name,
    latencyMs: latency_ms,
    log,
    async stream(onBytes, signal) {
      const made = ['-re', '-f', 'lavfi', '-i', source ?? 'testsrc'];
      const args = input === 'lavfi' ? toPictures(made, false) : await prepare(signal);
      await streamOfProgram(ffmpeg(args, env), onBytes, signal);
    },
  });
  return { ...camera, warnings: () => warnings };
}

function v4l2Input(
  device: string,
  format: string | null,
  { width, height, fps }: z.output<typeof Options>,
): readonly string[] {
  return [
    ...['-f', 'v4l2'],
    ...(format === null ? [] : ['-input_format', format]),
    ...(width === undefined ? [] : ['-video_size', `${width}x${height}`]),
    ...(fps === undefined ? [] : ['-framerate', String(fps)]),
    ...['-i', device],
  ];
}

/** JPEG where the device makes it, which costs nothing here; null: what the device gives by itself. */
async function preferredFormat(device: string, env: CameraContext['env'], signal: AbortSignal): Promise<string | null> {
  const formats = await videoFormats(device, env, signal);
  return formats.some(({ name }) => name === 'mjpeg') ? 'mjpeg' : null;
}

/** Names of Video4Linux and what ffmpeg calls them; others are passed on. */
const FORMAT_NAMES: Readonly<Record<string, string>> = {
  MJPG: 'mjpeg',
  JPEG: 'mjpeg',
  YUYV: 'yuyv422',
  UYVY: 'uyvy422',
  YU12: 'yuv420p',
  NV12: 'nv12',
  GREY: 'gray',
  RGB3: 'rgb24',
  BGR3: 'bgr24',
};

function formatName(pixelFormat: string): string {
  return FORMAT_NAMES[pixelFormat.toUpperCase()] ?? pixelFormat.toLowerCase();
}

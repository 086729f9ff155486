import { access } from 'node:fs/promises';
import { z } from 'zod';
import { type Camera, type CameraContext, defineCamera } from '../../ports/camera.ts';
import { sizeToSet } from './frames/asked-size.ts';
import { ffmpeg, toPictures } from './frames/ffmpeg.ts';
import { openFrameSource } from './frames/frame-source.ts';
import { streamOfProgram } from './frames/program.ts';
import { setControls } from './frames/v4l2-controls.ts';
import { firstCamera, type VideoFormat, videoFormats } from './frames/v4l2-devices.ts';

/** The exposure of a lit scene and one transfer at 30 pictures a second; the next picture is then here within 100 ms. */
const DEFAULT_LATENCY_MS = 60;

const Options = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Device, such as /dev/video0; absent: the first camera found.' }),
    width: z.int().min(1).optional().meta({ description: 'Pixels; without height: the largest size of this width.' }),
    height: z.int().min(1).optional().meta({ description: 'Pixels; without width: the largest size of this height.' }),
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
  const { source, width, height, pixel_format, fps, latency_ms } = options;
  const name = source === undefined ? 'the USB camera' : `the USB camera ${String(written?.source ?? source)}`;
  /** The settings that the device did not take when it was opened last, one sentence each. */
  let refused: readonly string[] = [];

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
    const isOneSided = (width === undefined) !== (height === undefined);
    const formats = pixel_format === undefined || isOneSided ? await videoFormats(device, env, signal) : [];
    const format = pixel_format === undefined ? preferredFormat(formats) : formatName(pixel_format);
    const ofFormat = formats.filter(({ name }) => format === null || name === format);
    const size = sizeToSet({ width, height }, ofFormat);
    const now = settings === undefined ? [] : await setControls(device, settings, env, signal);
    for (const warning of now) {
      if (!refused.includes(warning)) log.warn({ camera: name, warning }, 'the camera does not take a setting');
    }
    refused = now;
    return toPictures(v4l2Input(device, { format, size, fps }), format === 'mjpeg');
  };

  const camera = openFrameSource({
    name,
    latencyMs: latency_ms,
    size: { width, height },
    log,
    async stream(onBytes, signal) {
      const made = ['-re', '-f', 'lavfi', '-i', source ?? 'testsrc'];
      const args = input === 'lavfi' ? toPictures(made, false) : await prepare(signal);
      await streamOfProgram(ffmpeg(args, env), onBytes, signal);
    },
  });
  return { ...camera, warnings: () => [...refused, ...camera.warnings()] };
}

interface V4l2Settings {
  readonly format: string | null;
  readonly size: string | null;
  readonly fps: number | undefined;
}

function v4l2Input(device: string, { format, size, fps }: V4l2Settings): readonly string[] {
  return [
    ...['-f', 'v4l2'],
    ...(format === null ? [] : ['-input_format', format]),
    ...(size === null ? [] : ['-video_size', size]),
    ...(fps === undefined ? [] : ['-framerate', String(fps)]),
    ...['-i', device],
  ];
}

/** JPEG where the device makes it, which costs nothing here; null: what the device gives by itself. */
function preferredFormat(formats: readonly VideoFormat[]): string | null {
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

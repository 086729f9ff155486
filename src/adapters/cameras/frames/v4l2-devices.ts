import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdapterContext } from '../../../ports/context.ts';
import { ffmpeg } from './ffmpeg.ts';
import { outputOfProgram } from './program.ts';

/** A device of Video4Linux, which may be a camera or something else that moves pictures. */
export interface VideoDevice {
  /** Such as `/dev/video0`. */
  readonly path: string;
  /** What it calls itself; null where the system does not tell. */
  readonly name: string | null;
  readonly isUsb: boolean;
}

/** One form of pictures that a device gives. */
export interface VideoFormat {
  /** As ffmpeg names it, such as `mjpeg` or `yuyv422`. */
  readonly name: string;
  /** Width × height, where the device has a list of them. */
  readonly sizes: readonly string[];
}

/** Where the system keeps them. */
export interface DevicePlaces {
  readonly devices: string;
  readonly classes: string;
}

const LINUX: DevicePlaces = { devices: '/dev', classes: '/sys/class/video4linux' };
const LIST_TIMEOUT_MS = 5_000;

/** Every video device by number, those at a USB port first. */
export async function videoDevices({ devices, classes }: DevicePlaces = LINUX): Promise<readonly VideoDevice[]> {
  const entries = await readdir(devices).catch(() => []);
  const numbers = entries.flatMap((entry) => /^video(\d+)$/.exec(entry)?.[1] ?? []).map(Number);
  const found = await Promise.all(
    numbers
      .toSorted((a, b) => a - b)
      .map(async (number): Promise<VideoDevice> => {
        const place = join(classes, `video${number}`);
        const [name, target] = await Promise.all([
          readFile(join(place, 'name'), 'utf8').then(
            (text) => text.trim(),
            () => null,
          ),
          realpath(join(place, 'device')).catch(() => ''),
        ]);
        return { path: join(devices, `video${number}`), name, isUsb: /\/usb\d/.test(target) };
      }),
  );
  return [...found.filter(({ isUsb }) => isUsb), ...found.filter(({ isUsb }) => !isUsb)];
}

/** The formats of a device; none when it is no camera: most cameras have a second device that only tells about pictures. */
export async function videoFormats(
  device: string,
  env: AdapterContext['env'],
  signal?: AbortSignal,
): Promise<readonly VideoFormat[]> {
  const args = ['-hide_banner', '-nostdin', '-f', 'v4l2', '-list_formats', 'all', '-i', device];
  const { messages } = await outputOfProgram(ffmpeg(args, env), LIST_TIMEOUT_MS, signal);
  const lines = messages.matchAll(/(?:Raw|Compressed)\s*:\s*(\S+)\s*:[^:]*:(.*)/g);
  return [...lines].map(([, name = '', sizes = '']) => ({ name, sizes: sizes.match(/\d+x\d+/g) ?? [] }));
}

/** The first device that gives pictures; null where there is none. */
export async function firstCamera(
  env: AdapterContext['env'],
  signal: AbortSignal,
  places: DevicePlaces = LINUX,
): Promise<string | null> {
  for (const { path } of await videoDevices(places)) {
    if ((await videoFormats(path, env, signal)).length > 0) return path;
    signal.throwIfAborted();
  }
  return null;
}

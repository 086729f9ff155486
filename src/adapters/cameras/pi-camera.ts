import { z } from 'zod';
import { type DeviceSettings, defineCamera } from '../../ports/camera.ts';
import { openFrameSource } from './frames/frame-source.ts';
import { type Program, ProgramAbsent, streamOfProgram } from './frames/program.ts';

/** One exposure, the sensor's read-out, the picture processor and the encoder at 30 pictures a second. */
const DEFAULT_LATENCY_MS = 100;
/** The newer name first; both take the same arguments. */
const COMMANDS = ['rpicam-vid', 'libcamera-vid'] as const;

/** A camera at the ribbon cable of a Raspberry Pi, run by the program that comes with its system. */
export const piCamera = defineCamera({
  type: 'pi_camera',
  options: z
    .strictObject({
      camera_number: z
        .int()
        .nonnegative()
        .default(0)
        .meta({ description: 'Which of the cameras of the Raspberry Pi.' }),
      width: z.int().min(1).optional().meta({ description: 'Pixels.' }),
      height: z.int().min(1).optional().meta({ description: 'Pixels.' }),
      latency_ms: z.int().nonnegative().max(10_000).default(DEFAULT_LATENCY_MS).meta({
        description:
          'Milliseconds from the sensor to here: pictures that come sooner after a trigger show what was before it.',
      }),
    })
    .meta({ title: 'Raspberry Pi camera' }),
  appliesSettings: true,
  source: () => null,
  async open({ camera_number, width, height, latency_ms }, { env, log, settings }) {
    const name = `the Raspberry Pi camera ${camera_number}`;
    const set = settingsOf(settings);
    for (const warning of set.refused) log.warn({ camera: name, warning }, 'the camera does not take a setting');
    const args = [
      ...['--nopreview', '--timeout', '0', '--codec', 'mjpeg', '--quality', '93', '--camera', String(camera_number)],
      ...(width === undefined ? [] : ['--width', String(width)]),
      ...(height === undefined ? [] : ['--height', String(height)]),
      ...set.args,
      ...['--flush', '--output', '-'],
    ];
    const programOf = (command: string): Program => ({
      command,
      args,
      install: 'sudo apt-get install -y rpicam-apps',
      env,
    });
    const camera = openFrameSource({
      name,
      latencyMs: latency_ms,
      size: { width, height },
      log,
      async stream(onBytes, signal) {
        const [newer, older] = COMMANDS;
        try {
          await streamOfProgram(programOf(newer), onBytes, signal);
        } catch (absence) {
          if (!(absence instanceof ProgramAbsent)) throw absence;
          await streamOfProgram(programOf(older), onBytes, signal).catch((error: unknown) => {
            throw error instanceof ProgramAbsent ? absence : error;
          });
        }
      },
    });
    return { ...camera, warnings: () => [...set.refused, ...camera.warnings()] };
  },
});

/** Exposition in microseconds, brightness from -1 to 1: the program ends itself on a value beyond. */
function settingsOf(settings: DeviceSettings | undefined): {
  readonly args: readonly string[];
  readonly refused: readonly string[];
} {
  const args: string[] = [];
  const refused: string[] = [];
  const { exposition = null, brightness = null } = settings ?? {};
  if (exposition !== null) {
    if (exposition > 0) args.push('--shutter', String(Math.round(exposition)));
    else refused.push(`exposition ${exposition} was not set: expected microseconds, more than 0`);
  }
  if (brightness !== null) {
    if (Math.abs(brightness) <= 1) args.push('--brightness', String(brightness));
    else refused.push(`brightness ${brightness} was not set: expected a number from -1 to 1`);
  }
  return { args, refused };
}

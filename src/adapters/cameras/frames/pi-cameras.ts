import type { AdapterContext } from '../../../ports/context.ts';
import { outputOfProgram, ProgramAbsent } from './program.ts';

/** A camera at the ribbon cable of a Raspberry Pi. */
export interface RibbonCamera {
  readonly number: number;
  /** Name of its sensor, such as `imx708`. */
  readonly name: string;
  /** Largest width × height. */
  readonly size: string | null;
}

const COMMANDS = ['rpicam-hello', 'libcamera-hello'];
const TIMEOUT_MS = 10_000;

/** The cameras that the system of the Raspberry Pi knows; none on another machine. */
export async function ribbonCameras(env: AdapterContext['env']): Promise<readonly RibbonCamera[]> {
  for (const command of COMMANDS) {
    const program = { command, args: ['--list-cameras'], install: 'sudo apt-get install -y rpicam-apps', env };
    try {
      const { output, messages } = await outputOfProgram(program, TIMEOUT_MS);
      const lines = `${output}\n${messages}`.matchAll(/^\s*(\d+) : (\S+)(?: \[(\d+x\d+))?/gm);
      return [...lines].map(([, number, name = '', size = null]) => ({ number: Number(number), name, size }));
    } catch (error) {
      if (!(error instanceof ProgramAbsent)) throw error;
    }
  }
  return [];
}

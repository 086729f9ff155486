import { messageOf } from '../../../domain/errors.ts';
import type { DeviceSettings } from '../../../ports/camera.ts';
import type { AdapterContext } from '../../../ports/context.ts';
import { lastMessage, outputOfProgram, type Program } from './program.ts';

const TIMEOUT_MS = 5_000;
/** Names of drivers for the same control, the newer one first. */
const EXPOSURE_MODES = ['auto_exposure', 'exposure_auto'];
const EXPOSURE_TIMES = ['exposure_time_absolute', 'exposure_absolute', 'exposure'];
/** Of both names of the mode. */
const MANUAL_EXPOSURE = 1;

/** The program that sets the controls of a video device. */
function v4l2Ctl(args: readonly string[], env: AdapterContext['env']): Program {
  return { command: 'v4l2-ctl', args, install: 'sudo apt-get install -y v4l-utils', env };
}

/** Sets exposition and brightness of a device, in its own units. Gives what could not be set, one sentence each. */
export async function setControls(
  device: string,
  { exposition, brightness }: DeviceSettings,
  env: AdapterContext['env'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (exposition === null && brightness === null) return [];
  const run = (...args: readonly string[]): ReturnType<typeof outputOfProgram> =>
    outputOfProgram(v4l2Ctl(['-d', device, ...args], env), TIMEOUT_MS, signal);
  const warnings: string[] = [];

  const set = async (what: string, control: string, value: number): Promise<void> => {
    const end = await run(`--set-ctrl=${control}=${value}`);
    if (end.status !== 0) return void warnings.push(`${what} ${value} was refused: ${lastMessage(end.messages)}`);
    const kept = /:\s*(-?\d+)/.exec((await run(`--get-ctrl=${control}`)).output)?.[1];
    if (kept !== undefined && Number(kept) !== value) warnings.push(`${what} ${value} became ${kept} on the device`);
  };

  try {
    const listed = await run('--list-ctrls');
    if (listed.status !== 0) return [`its settings cannot be read: ${lastMessage(listed.messages)}`];
    const controls = new Set([...listed.output.matchAll(/^\s*(\w+)\s+0x/gm)].map(([, name = '']) => name));
    const first = (names: readonly string[]): string | undefined => names.find((name) => controls.has(name));
    if (exposition !== null) {
      const [mode, time] = [first(EXPOSURE_MODES), first(EXPOSURE_TIMES)];
      if (mode !== undefined) await set('manual exposition', mode, MANUAL_EXPOSURE);
      if (time === undefined) warnings.push('exposition cannot be set on this device');
      else await set('exposition', time, exposition);
    }
    if (brightness !== null) {
      if (controls.has('brightness')) await set('brightness', 'brightness', brightness);
      else warnings.push('brightness cannot be set on this device');
    }
  } catch (error) {
    warnings.push(`exposition and brightness were not set: ${messageOf(error)}`);
  }
  return warnings;
}

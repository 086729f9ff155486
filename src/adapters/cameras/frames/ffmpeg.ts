import type { AdapterContext } from '../../../ports/context.ts';
import type { Program } from './program.ts';

/** The program that reads cameras. */
export function ffmpeg(args: readonly string[], env: AdapterContext['env']): Program {
  return { command: 'ffmpeg', args, install: 'sudo apt-get install -y ffmpeg', env };
}

/**
 * Numbers the pictures, 25 to a second, whatever times they have: two that come at nearly the same time would be one for
 * the encoder, which then ends ffmpeg. At a rate that they keep exactly, none is repeated and none left out.
 */
const NUMBERED = ['-vf', 'settb=1/25,setpts=N', '-r', '25'];

/**
 * The arguments for a stream of JPEG pictures on stdout. `copied`: the input is JPEG already. Otherwise every picture that
 * comes is encoded once, and none waits in a row of threads for those behind it.
 */
export function toPictures(input: readonly string[], copied: boolean): readonly string[] {
  const encoded = [...NUMBERED, '-c:v', 'mjpeg', '-q:v', '2', '-threads', '1'];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-fflags', 'nobuffer'],
    ...input,
    ...['-map', '0:v:0', ...(copied ? ['-c:v', 'copy'] : encoded), '-flush_packets', '1', '-f', 'mjpeg', 'pipe:1'],
  ];
}

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach } from 'vitest';
import type { Camera } from '../../ports/camera.ts';
import { temporaryFolder } from '../../ports/context.test-support.ts';
import { without } from '../../testing/needs.test-support.ts';

const never = new AbortController().signal;

/** Ends the name of a test that runs the real ffmpeg, where there is none. */
export const withoutFfmpeg = without('ffmpeg', spawnSync('ffmpeg', ['-version']).status === 0);

/** A folder that a test puts before the programs of the machine. */
export interface Programs {
  /** PATH with this folder first. */
  readonly path: string;
  /** Adds a program: the lines of a shell script. What it is called with is kept. */
  add(name: string, script: string): Promise<void>;
  /** The arguments of each call of a program so far. */
  calls(name: string): readonly (readonly string[])[];
}

export async function programs(): Promise<Programs> {
  const folder = await temporaryFolder();
  return {
    path: `${folder}:/usr/local/bin:/usr/bin:/bin`,
    async add(name, script) {
      const file = join(folder, name);
      const record = `{ for word in "$@"; do printf '%s\\n' "$word"; done; echo; } >> "${file}.calls"`;
      await writeFile(file, `#!/bin/sh\n${record}\n${script}\n`);
      await chmod(file, 0o755);
    },
    calls(name) {
      const text = readFileSync(join(folder, `${name}.calls`), 'utf8');
      return text
        .split('\n\n')
        .filter((call) => call !== '')
        .map((call) => call.split('\n'));
    },
  };
}

/** The arguments of the programs that this process has started and that run now, each as one text. */
export function runningPrograms(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nPPid:\t${process.pid}\n`);
        return isOurs ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** A script that writes this picture again and again, as a camera's program does. */
export async function pictureWriter(): Promise<string> {
  const file = join(await temporaryFolder(), 'picture.jpg');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .jpeg()
    .toFile(file);
  return `while cat "${file}"; do sleep 0.02; done`;
}

/** What ffmpeg makes up for a test: pictures that hold the time at which they were made, in milliseconds, as black and white blocks. */
export const CLOCK_PICTURES = [
  'color=s=256x8:r=25,realtime,settb=1/1000',
  "setpts='RTCTIME/1000'",
  "geq=lum='255*mod(floor(T*1000/pow(2,floor(X/8))),2)':cb=128:cr=128",
  // ffmpeg reads them at their own pace, which is 25 a second again
  'settb=1/25,setpts=N',
].join(',');

const BLOCKS = 32;

/** The time in such a picture: the last 32 bits of the milliseconds since 1970. */
export async function timeIn(picture: Uint8Array): Promise<number> {
  const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
  let time = 0;
  for (let block = 0; block < BLOCKS; block += 1) {
    if ((data[4 * info.width + 8 * block + 4] ?? 0) > 127) time += 2 ** block;
  }
  return time;
}

/** The time now in the same form. */
export function timeNow(): number {
  return Date.now() % 2 ** BLOCKS;
}

/** Keeps the cameras that a test opens and closes them behind it. */
export function closedAfterwards(): <Opened extends Camera>(camera: Opened) => Opened {
  const opened: Camera[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((camera) => camera.close()));
  });
  return (camera) => {
    opened.push(camera);
    return camera;
  };
}

/** Resolves when the check of a camera ends like this; gives the reason of a refusal. */
export async function untilCheck(camera: Camera, end: 'fulfilled' | 'rejected'): Promise<string> {
  for (;;) {
    const [check] = await Promise.allSettled([camera.check(never)]);
    if (check?.status === end) return check.status === 'rejected' ? String(check.reason.message) : '';
    await wait(10);
  }
}

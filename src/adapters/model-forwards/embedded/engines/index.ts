import type { Engine } from './engine.ts';
import type { LiteRtBuild } from './litert-build.ts';

interface EngineEntry {
  /** Whether a thread can be ended in the middle of a run: WebAssembly can, native code would take the process along. */
  readonly interruptible: boolean;
  /** What its engines share, whatever thread they are in. */
  prepare(): Promise<EnginePreparation>;
  start(prepared: EnginePreparation): Promise<Engine>;
}

/** Made once in a process and given to the thread of each engine: the compiled engine where it is WebAssembly. */
export type EnginePreparation = LiteRtBuild | null;

/** Engines by the ending of the files they run. One that no model needs is never imported. */
const ENGINES: Readonly<Record<string, EngineEntry>> = {
  '.tflite': {
    interruptible: true,
    prepare: async () => (await import('./litert-build.ts')).compileLiteRt(),
    async start(prepared) {
      if (prepared === null) throw new Error('LiteRT was not compiled');
      return (await import('./litert-engine.ts')).createLiteRtEngine(prepared);
    },
  },
  '.onnx': {
    interruptible: false,
    prepare: async () => null,
    start: async () => (await import('./onnx-engine.ts')).createOnnxEngine(),
  },
};

/** Endings of the files that can be run. */
export const MODEL_ENDINGS: readonly string[] = Object.keys(ENGINES);

/** Whether a thread that runs files of this ending can be ended at any moment. */
export function isInterruptible(ending: string): boolean {
  return ENGINES[ending]?.interruptible ?? false;
}

const prepared = new Map<string, Promise<EnginePreparation>>();
const started = new Map<string, Promise<Engine>>();

/** Prepares the engines for a file ending of `MODEL_ENDINGS`, at the first call. Rejects when none can run here. */
export function preparationFor(ending: string): Promise<EnginePreparation> {
  return once(prepared, ending, ({ prepare }) => prepare());
}

/** The engine of this thread for a file ending of `MODEL_ENDINGS`, started at the first call. */
export function engineFor(ending: string, preparation: EnginePreparation): Promise<Engine> {
  return once(started, ending, ({ start }) => start(preparation));
}

function once<Made>(
  made: Map<string, Promise<Made>>,
  ending: string,
  make: (entry: EngineEntry) => Promise<Made>,
): Promise<Made> {
  const known = made.get(ending);
  if (known !== undefined) return known;
  const entry = ENGINES[ending];
  if (entry === undefined) return Promise.reject(new Error(`no engine runs ${ending} files`));
  const making = make(entry);
  made.set(ending, making);
  return making;
}

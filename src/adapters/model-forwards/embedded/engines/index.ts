import type { Engine } from './engine.ts';

interface EngineEntry {
  /** Whether a thread can be ended in the middle of a run: WebAssembly can, native code would take the process along. */
  readonly interruptible: boolean;
  start(): Promise<Engine>;
}

/** Engines by the ending of the files they run. One that no model needs is never imported. */
const ENGINES: Readonly<Record<string, EngineEntry>> = {
  '.tflite': {
    interruptible: true,
    start: async () => (await import('./litert-engine.ts')).createLiteRtEngine(),
  },
  '.onnx': {
    interruptible: false,
    start: async () => (await import('./onnx-engine.ts')).createOnnxEngine(),
  },
};

/** Endings of the files that can be run. */
export const MODEL_ENDINGS: readonly string[] = Object.keys(ENGINES);

/** Whether a thread that runs files of this ending can be ended at any moment. */
export function isInterruptible(ending: string): boolean {
  return ENGINES[ending]?.interruptible ?? false;
}

const opened = new Map<string, Promise<Engine>>();

/** The engine for a file ending of `MODEL_ENDINGS`, started at the first call. */
export function engineFor(ending: string): Promise<Engine> {
  const known = opened.get(ending);
  if (known !== undefined) return known;
  const entry = ENGINES[ending];
  if (entry === undefined) return Promise.reject(new Error(`no engine runs ${ending} files`));
  const engine = entry.start();
  opened.set(ending, engine);
  return engine;
}

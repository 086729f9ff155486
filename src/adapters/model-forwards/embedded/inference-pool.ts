import { availableParallelism } from 'node:os';
import { AppError, messageOf } from '../../../domain/errors.ts';
import { abortedError } from '../threads/abortable.ts';
import { startWorkerThread, type WorkerThread } from '../threads/worker-thread.ts';
import { isInterruptible } from './engines/index.ts';
import type { InferenceRequest, ModelRequest, ModelSource } from './inference-protocol.ts';
import type { ServedSignature } from './served-signature.ts';

/** Worker threads that each hold every model and run one prediction at a time. */
export interface InferencePool {
  /** Resolves when every worker that runs has the model loaded and warmed. Rejects with `MODEL_INVALID`; then none has it. */
  load(key: string, source: ModelSource): Promise<ServedSignature>;
  unload(key: string): Promise<void>;
  /** Runs on the next free worker. Rejects with `MODEL_FAILED`, `TIMEOUT` (counted from the start of the run), or at once when aborted. */
  run<Answer>(key: string, request: ModelRequest, signal: AbortSignal): Promise<Answer>;
  /** Why no prediction could run now, or null. */
  problem(): string | null;
  close(): Promise<void>;
}

interface Slot {
  thread: WorkerThread;
  /** `busy`: one run or one load; `broken`: waits to be started again. */
  state: 'starting' | 'idle' | 'busy' | 'broken';
  /** Loads that wait until the worker is free; they go before predictions. */
  readonly waiting: (() => void)[];
}

interface Job {
  readonly key: string;
  readonly name: string;
  readonly request: InferenceRequest;
  resolve(answer: never): void;
  reject(error: AppError): void;
  /** Set while it runs: nobody waits for its answer any more. */
  callOff?: () => void;
}

const MAX_DEFAULT_WORKERS = 4;
const LOAD_TIMEOUT_MS = 120_000;
const RESTART_DELAY_MS = 1_000;
/** A run that nobody waits for may take so many times as long as usual, and at least so long, before its worker is replaced. */
const MOST_USUAL_TIMES = 4;
const LEAST_PATIENCE_MS = 250;

// The compiler rewrites import specifiers, not this: the file runs as it is from the sources and from the build.
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './inference-worker.ts' : './inference-worker.js',
  import.meta.url,
);

/** How many workers there may be where nobody says so: one per core, at most 4. */
export function defaultWorkers(): number {
  return Math.min(MAX_DEFAULT_WORKERS, availableParallelism());
}

/** The first thread starts with the first model, the others when predictions wait. */
export function createInferencePool(workers: number, timeoutMs: number): InferencePool {
  const models = new Map<string, ModelSource>();
  /** How long a run of a model takes, in milliseconds. */
  const usualMs = new Map<string, number>();
  const slots: Slot[] = [];
  const queue: Job[] = [];
  const restarts = new Set<NodeJS.Timeout>();
  const retiring = new Set<Promise<void>>();
  let closed = false;

  function createSlot(): Slot {
    const slot: Slot = { thread: startThread(() => slot), state: 'idle', waiting: [] };
    return slot;
  }

  function startThread(slotOf: () => Slot): WorkerThread {
    const thread = startWorkerThread(WORKER_FILE, () => {
      const slot = slotOf();
      if (slot.state === 'starting') retryLater(slot, thread);
      else restart(slot, thread);
    });
    return thread;
  }

  /** Ends a thread in the background; closing waits for it. */
  function retire(thread: WorkerThread, reason: AppError, force: boolean): void {
    const ending = thread.stop(reason, force).finally(() => retiring.delete(ending));
    retiring.add(ending);
  }

  /** Replaces a thread that ended: what it held is loaded again while the other workers go on. */
  function restart(slot: Slot, ended: WorkerThread): void {
    if (closed || slot.thread !== ended) return;
    slot.thread = startThread(() => slot);
    loadAll(slot);
  }

  /** Another worker for predictions that wait. Many lines never need it, and each takes some 40 MB. */
  function grow(): void {
    if (slots.length === workers || slots.some(({ state }) => state !== 'busy')) return;
    const slot = createSlot();
    slots.push(slot);
    loadAll(slot);
  }

  /** Loads every model into a new thread; the worker takes predictions once it has them. */
  function loadAll(slot: Slot): void {
    slot.state = 'starting';
    const { thread } = slot;
    const loads = [...models].map(([key, source]) => loadInto(thread, key, source));
    Promise.all(loads).then(
      () => free(slot, thread),
      () => retryLater(slot, thread),
    );
  }

  function retryLater(slot: Slot, thread: WorkerThread): void {
    if (closed || slot.thread !== thread || slot.state === 'broken') return;
    slot.state = 'broken';
    retire(thread, new AppError('MODEL_FAILED', 'the worker could not load its models again'), false);
    const timer = setTimeout(() => {
      restarts.delete(timer);
      restart(slot, thread);
    }, RESTART_DELAY_MS);
    restarts.add(timer);
    if (!allBroken()) return;
    for (const job of queue.splice(0)) job.reject(noWorker(job.name));
  }

  function allBroken(): boolean {
    return slots.length > 0 && slots.every(({ state }) => state === 'broken');
  }

  function free(slot: Slot, thread: WorkerThread): void {
    if (slot.thread !== thread) return;
    const load = slot.waiting.shift();
    slot.state = load === undefined ? 'idle' : 'busy';
    if (load === undefined) takeNext();
    else load();
  }

  /** Loads a model into one worker as soon as that is free. */
  async function loadWhenFree(slot: Slot, key: string, source: ModelSource): Promise<ServedSignature> {
    if (slot.state === 'idle') slot.state = 'busy';
    else await new Promise<void>((resolve) => slot.waiting.push(resolve));
    const { thread } = slot;
    try {
      return await loadInto(thread, key, source);
    } finally {
      if (thread.ended()) restart(slot, thread);
      else free(slot, thread);
    }
  }

  function loadInto(thread: WorkerThread, key: string, source: ModelSource): Promise<ServedSignature> {
    const { name } = source.model;
    const tooLong = `model "${name}" (${source.file}) cannot be used: loading it took over ${LOAD_TIMEOUT_MS} ms`;
    const timer = setTimeout(() => {
      retire(thread, new AppError('MODEL_INVALID', tooLong), isInterruptible(source.ending));
    }, LOAD_TIMEOUT_MS);
    const request: InferenceRequest = { do: 'load', key, source };
    return thread.call<ServedSignature>(request, 'MODEL_INVALID').finally(() => clearTimeout(timer));
  }

  async function unload(key: string): Promise<void> {
    models.delete(key);
    usualMs.delete(key);
    const request: InferenceRequest = { do: 'unload', key };
    await Promise.allSettled(slots.map(({ thread }) => thread.call(request, 'MODEL_FAILED')));
  }

  function takeNext(): void {
    while (queue.length > 0) {
      const slot = slots.find(({ state }) => state === 'idle');
      const job = slot === undefined ? undefined : queue.shift();
      if (slot === undefined || job === undefined) {
        grow();
        return;
      }
      run(slot, job);
    }
  }

  function run(slot: Slot, job: Job): void {
    const { thread } = slot;
    slot.state = 'busy';
    const begin = performance.now();
    const giveUp = (): void => {
      const error = new AppError('TIMEOUT', `model "${job.name}" did not answer in ${timeoutMs} ms`);
      retire(thread, error, isInterruptible(models.get(job.key)?.ending ?? ''));
      restart(slot, thread);
    };
    let timer = setTimeout(giveUp, timeoutMs);
    // Ending a worker costs more than most runs: only one that hangs is ended, so that it holds up nobody else.
    job.callOff = () => {
      const patience = Math.max(LEAST_PATIENCE_MS, MOST_USUAL_TIMES * (usualMs.get(job.key) ?? 0));
      clearTimeout(timer);
      timer = setTimeout(giveUp, Math.min(timeoutMs, patience) - (performance.now() - begin));
    };
    thread
      .call<never>(job.request, 'MODEL_FAILED')
      .then(
        (answer) => {
          usualMs.set(job.key, 0.8 * (usualMs.get(job.key) ?? 0) + 0.2 * (performance.now() - begin));
          job.resolve(answer);
        },
        (error: unknown) => job.reject(failureOf(job, error)),
      )
      .finally(() => {
        clearTimeout(timer);
        if (slot.thread === thread && slot.state === 'busy') free(slot, thread);
      });
  }

  return {
    async load(key, source) {
      if (slots.length === 0) slots.push(createSlot());
      models.set(key, source);
      const [first, ...others] = slots as [Slot, ...Slot[]];
      try {
        // One worker tries; the others go on with predictions until it is known to work.
        const signature = await loadWhenFree(first, key, source);
        await Promise.all(others.map((slot) => loadWhenFree(slot, key, source)));
        return signature;
      } catch (error) {
        await unload(key);
        if (error instanceof AppError && error.code === 'MODEL_INVALID') throw error;
        const sentence = `model "${source.model.name}" (${source.file}) cannot be used: its worker ended while loading it`;
        throw new AppError('MODEL_INVALID', sentence, { cause: error });
      }
    },
    unload,
    run(key, request, signal) {
      const name = models.get(key)?.model.name ?? '';
      if (closed) return Promise.reject(new AppError('ABORTED', `model "${name}" is not run: the models are closed`));
      if (signal.aborted) return Promise.reject(abortedError(signal));
      if (allBroken()) return Promise.reject(noWorker(name));
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          const waiting = queue.indexOf(job);
          if (waiting >= 0) queue.splice(waiting, 1);
          else job.callOff?.();
          reject(abortedError(signal));
        };
        const settled = (): void => signal.removeEventListener('abort', abort);
        const job: Job = {
          key,
          name,
          request: { ...request, key },
          resolve(answer) {
            settled();
            resolve(answer);
          },
          reject(error) {
            settled();
            reject(error);
          },
        };
        signal.addEventListener('abort', abort, { once: true });
        queue.push(job);
        takeNext();
      });
    },
    problem() {
      return allBroken() ? 'no worker could load the models again' : null;
    },
    async close() {
      if (closed) return;
      closed = true;
      const reason = new AppError('ABORTED', 'the models are closed');
      const everyInterruptible = [...models.values()].every(({ ending }) => isInterruptible(ending));
      for (const timer of restarts) clearTimeout(timer);
      for (const job of queue.splice(0)) job.reject(reason);
      await Promise.all([...retiring, ...slots.map(({ thread }) => thread.stop(reason, everyInterruptible))]);
      for (const load of slots.flatMap(({ waiting }) => waiting.splice(0))) load();
    },
  };
}

function noWorker(name: string): AppError {
  return new AppError('MODEL_FAILED', `model "${name}" failed: no worker could load its models again`);
}

/** The error of a prediction, which names its model also when the thread died under it. */
function failureOf({ name }: Job, error: unknown): AppError {
  if (error instanceof AppError && error.message.includes(`"${name}"`)) return error;
  return new AppError('MODEL_FAILED', `model "${name}" failed: ${messageOf(error)}`, { cause: error });
}

import { z } from 'zod';
import { AppError, messageOf } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import type { Prediction } from '../../domain/prediction.ts';
import { defineModelForward, type LoadedModel, type ModelForward } from '../../ports/model-forward.ts';
import { createImageDecoder } from '../../vision/decode-image.ts';
import { createInferencePool, defaultWorkers } from './embedded/inference-pool.ts';
import type { ModelSource } from './embedded/inference-protocol.ts';
import { readModelFile } from './embedded/model-file.ts';
import { abortable } from './threads/abortable.ts';

/** One loading of a model, shared by everyone who loads the same model with the same file. */
interface SharedModel {
  users: number;
  readonly loaded: Promise<unknown>;
}

const done = Promise.resolve();

/** Runs the `.tflite` and `.onnx` files under `models/` of the edge root in worker threads of this process. */
export const embeddedModelForward = defineModelForward({
  type: 'embedded',
  options: z.strictObject({
    workers: z
      .int()
      .min(1)
      .max(16)
      .optional()
      .meta({ title: 'Workers', description: 'Threads that run models; by default one per core, at most 4.' }),
    timeout_ms: z
      .int()
      .min(1)
      .default(10_000)
      .meta({ title: 'Timeout', description: 'Longest time one prediction may run, in milliseconds.' }),
  }),
  async open({ workers, timeout_ms }, { root }): Promise<ModelForward> {
    const pool = createInferencePool(workers ?? defaultWorkers(), timeout_ms);
    const decode = createImageDecoder();
    const shared = new Map<string, SharedModel>();
    const inspected = new Map<string, string | null>();
    /** What the workers have loaded to try it, and nobody uses yet. */
    const tried = new Set<string>();
    let lastInspection = Promise.resolve();
    let closed = false;

    async function letGo(key: string): Promise<void> {
      const entry = shared.get(key);
      if (entry === undefined) return;
      entry.users -= 1;
      if (entry.users > 0) return;
      shared.delete(key);
      await entry.loaded.catch(() => undefined);
      // Loaded again meanwhile: the workers hold what the new user needs.
      if (!shared.has(key) && !closed) await pool.unload(key);
    }

    /**
     * Loads a file in a worker of its own: one that ends its thread ends nothing else. As long as nobody uses a model, as
     * at the start of a station, the workers that will run it try it as well. What was found is kept.
     */
    async function tryOnce(key: string, source: ModelSource): Promise<void> {
      if (inspected.has(key) || closed) return;
      const isUnused = shared.size === 0;
      const trial = isUnused ? pool : createInferencePool(1, timeout_ms);
      const reason = await trial.load(key, source).then(() => null, messageOf);
      inspected.set(key, reason);
      if (isUnused) {
        if (reason === null && !shared.has(key)) tried.add(key);
        return;
      }
      await trial.close();
      await Promise.all([...tried].map((other) => pool.unload(other)));
      tried.clear();
    }

    return {
      async load(model, signal): Promise<LoadedModel> {
        if (closed) throw new AppError('ABORTED', `model "${model.name}" is not loaded: the models are closed`);
        const source = await abortable(readModelFile(root, model), signal);
        const key = keyOf(model, source.digest);
        const entry = shared.get(key) ?? { users: 0, loaded: tried.delete(key) ? done : pool.load(key, source) };
        shared.set(key, entry);
        entry.users += 1;
        try {
          await abortable(entry.loaded, signal);
        } catch (error) {
          void letGo(key);
          throw error;
        }
        let open = true;
        return {
          digest: source.digest,
          async predict(image, box, abort) {
            const start = performance.now();
            const pixels = await abortable(decode(image), abort);
            const decodeMs = performance.now() - start;
            const prediction = await pool.run<Prediction>(key, { do: 'predict', pixels, box }, abort);
            return { ...prediction, timingsMs: { ...prediction.timingsMs, decode: decodeMs } };
          },
          async close() {
            if (!open) return;
            open = false;
            await letGo(key);
          },
        };
      },
      async inspect(model) {
        try {
          const source = await readModelFile(root, model);
          const key = keyOf(model, source.digest);
          const used = shared.get(key);
          if (used !== undefined) return await used.loaded.then(() => null, messageOf);
          // One after the other: each takes a thread of its own.
          lastInspection = lastInspection.then(() => tryOnce(key, source));
          await lastInspection;
          return inspected.get(key) ?? null;
        } catch (error) {
          return messageOf(error);
        }
      },
      async check(signal) {
        if (signal.aborted || closed) throw new AppError('ABORTED', 'the models are closed');
        const problem = pool.problem();
        if (problem !== null) throw new AppError('MODEL_FAILED', problem);
      },
      async close() {
        closed = true;
        await pool.close();
      },
    };
  },
});

/** Two loadings are the same when file and every setting are; the version only stands in a serving URL. */
function keyOf(model: Model, digest: string): string {
  return JSON.stringify([model, digest]);
}

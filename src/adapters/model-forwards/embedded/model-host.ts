import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isPathId } from '../../../domain/id.ts';
import type { Model } from '../../../domain/model.ts';
import type { Location } from '../../../domain/prediction.ts';
import { abortable } from '../threads/abortable.ts';
import { MODEL_ENDINGS } from './engines/index.ts';
import { createInferencePool, defaultWorkers } from './inference-pool.ts';
import { readModelFile } from './model-file.ts';
import { createRecentPictures } from './recent-pictures.ts';
import type { ServedSignature } from './served-signature.ts';

/** A model that answers over the network. Its methods reject as those of a model forward do. */
export interface HostedModel {
  readonly signature: ServedSignature;
  /** SHA-256 of the model file, hex. */
  readonly digest: string;
  /** JSON for JSON, as TensorFlow Serving takes and gives it. Rejects with `REQUEST_INVALID` too. */
  answerTensor(body: Uint8Array, signal: AbortSignal): Promise<string>;
  /** JSON for a picture file, or for the part of it that a box names; boxes of the answer are fractions of that view. */
  answerPicture(bytes: Uint8Array, box: Location | null, signal: AbortSignal): Promise<string>;
}

/** The models of an edge root on worker threads, for others than this process. */
export interface ModelHost {
  /** Rejects with `MODEL_INVALID`, naming model and reason. */
  load(model: Model): Promise<HostedModel>;
  /** Why no prediction could run now, or null. */
  problem(): string | null;
  close(): Promise<void>;
}

export interface ModelHostOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  /** Undefined: one per core, at most 4. */
  readonly workers: number | undefined;
  readonly timeoutMs: number;
}

const MAX_KEPT_PIXELS = 128 * 1024 * 1024;

/** Threads start with the first model. */
export function createModelHost({ root, workers, timeoutMs }: ModelHostOptions): ModelHost {
  const pool = createInferencePool(workers ?? defaultWorkers(), timeoutMs);
  const decode = createRecentPictures(MAX_KEPT_PIXELS);
  return {
    async load(model) {
      const source = await readModelFile(root, model);
      const key = model.name;
      const signature = await pool.load(key, source);
      return {
        signature,
        digest: source.digest,
        answerTensor: (body, signal) => pool.run<string>(key, { do: 'answer-tensor', body }, signal),
        async answerPicture(bytes, box, signal) {
          const start = performance.now();
          const pixels = await abortable(decode(bytes), signal);
          const decodeMs = performance.now() - start;
          return await pool.run<string>(key, { do: 'answer-picture', pixels, box, decodeMs }, signal);
        },
      };
    },
    problem: () => pool.problem(),
    close: () => pool.close(),
  };
}

/** Whether there is any file under `models/<model name>/` of the edge root that an engine could run. */
export async function hasModelFile(root: string, model: Model): Promise<boolean> {
  if (!isPathId(model.name)) return false;
  const entries = await readdir(join(root, 'models', model.name)).catch((): string[] => []);
  return entries.some((name) => MODEL_ENDINGS.includes(extname(name)));
}

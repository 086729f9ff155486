import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { Image } from '../../domain/image.ts';
import type { Model } from '../../domain/model.ts';
import type { Location, Prediction } from '../../domain/prediction.ts';
import { defineModelForward, type ModelForward } from '../../ports/model-forward.ts';
import { createImageDecoder } from '../../vision/decode-image.ts';
import { answerOf, createModelServer } from './servers/model-server.ts';
import { PredictionTimeout, ServerUrl } from './servers/server-options.ts';
import { askWithPicture, wantsPicture } from './tf-serving/ask-with-picture.ts';
import type { ServingRequest, ServingResult } from './tf-serving/serving-protocol.ts';
import { servingWrappers } from './tf-serving/wrappers.ts';
import { abortable, abortedError } from './threads/abortable.ts';
import { createWorkerThreads } from './threads/worker-threads.ts';

const MAX_WORKERS = 2;

const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './tf-serving/serving-worker.ts' : './tf-serving/serving-worker.js',
  import.meta.url,
);

/** Sends pictures to a server that speaks TensorFlow Serving's REST interface. No prediction is sent before one is asked for. */
export const tfServingModelForward = defineModelForward({
  type: 'tf_serving',
  options: z.strictObject({
    url: ServerUrl.optional().meta({
      title: 'Address',
      description: 'Of the model server; SERVING_MODEL_URL of the environment wins.',
    }),
    timeout_ms: PredictionTimeout,
  }),
  async open({ url: configured, timeout_ms }, { env }): Promise<ModelForward> {
    const url = addressOf(env.SERVING_MODEL_URL ?? configured);
    const server = createModelServer(url);
    const decode = createImageDecoder();
    const threads = createWorkerThreads(WORKER_FILE, MAX_WORKERS);
    let closed = false;

    return {
      async load(model, signal) {
        if (signal.aborted) throw abortedError(signal);
        const reason = reasonAgainst(model);
        if (reason !== null) throw new AppError('MODEL_INVALID', reason);
        /** As the latest answer of the server says; a server that was replaced may take something else. */
        let takesPictures = false;

        async function askWithJson(image: Image, box: Location | null, abort: AbortSignal): Promise<Prediction> {
          const start = performance.now();
          const pixels = await abortable(decode(image), abort);
          const decodeMs = performance.now() - start;
          const request: ServingRequest = { url, timeoutMs: timeout_ms, model, pixels, box };
          const result = await threads.call<ServingResult>(request, 'MODEL_FAILED', abort);
          takesPictures = result.takesPictures;
          const { prediction } = result;
          return { ...prediction, timingsMs: { ...prediction.timingsMs, decode: decodeMs } };
        }

        async function askWithPictureFile(image: Image, box: Location | null, abort: AbortSignal) {
          const asked = askWithPicture(server, model, { image, box }, timeout_ms, abort);
          const { prediction } = await abortable(asked, abort);
          takesPictures = prediction !== null;
          return prediction;
        }

        return {
          digest: null,
          async predict(image, box, abort): Promise<Prediction> {
            if (closed) throw new AppError('ABORTED', `model "${model.name}" is not run: the models are closed`);
            if (abort.aborted) throw abortedError(abort);
            if (takesPictures) {
              const prediction = await askWithPictureFile(image, box, abort);
              if (prediction !== null) return prediction;
            }
            try {
              return await askWithJson(image, box, abort);
            } catch (error) {
              if (!wantsPicture(error)) throw error;
              const prediction = await askWithPictureFile(image, box, abort);
              if (prediction === null) throw error;
              return prediction;
            }
          },
          async close() {},
        };
      },
      async inspect(model) {
        return reasonAgainst(model);
      },
      async check(signal) {
        if (signal.aborted) throw abortedError(signal);
        await answerOf(server, '/v1/models', timeout_ms, signal);
      },
      async close() {
        closed = true;
        server.close();
        await threads.stop(new AppError('ABORTED', 'the models are closed'));
      },
    };
  },
});

function addressOf(url: string | undefined): string {
  if (url !== undefined && /^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  const problem = url === undefined ? 'is missing' : 'is not an http or https address';
  throw new AppError(
    'CONFIG_INVALID',
    `the address of the model server ${problem}: set "url" of tf_serving or SERVING_MODEL_URL`,
  );
}

/** Why a model cannot be used with a server, or null. */
function reasonAgainst(model: Model): string | null {
  if (model.imageResolution !== null || !servingWrappers[model.category].needsResolution) return null;
  return `model "${model.name}" cannot be used with tf_serving: set its "image_resolution" in the inventory`;
}

import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { Prediction } from '../../domain/prediction.ts';
import { defineModelForward, type ModelForward } from '../../ports/model-forward.ts';
import { createImageDecoder } from '../../vision/decode-image.ts';
import type { InferCall } from './kserve-v2/infer-protocol.ts';
import { answerOf, createModelServer } from './servers/model-server.ts';
import { PredictionTimeout, ServerUrl } from './servers/server-options.ts';
import { abortable, abortedError } from './threads/abortable.ts';
import { createWorkerThreads } from './threads/worker-threads.ts';

const MAX_WORKERS = 2;

const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './kserve-v2/infer-worker.ts' : './kserve-v2/infer-worker.js',
  import.meta.url,
);

/**
 * Sends pictures to a server that speaks the Open Inference Protocol (KServe v2) over HTTP: Triton, OpenVINO Model Server,
 * KServe. The server tells name, shape and type of a model's input; its outputs are read as those of a model file are.
 */
export const kserveV2ModelForward = defineModelForward({
  type: 'kserve_v2',
  options: z.strictObject({
    url: ServerUrl.meta({ title: 'Address', description: 'Of the model server.' }),
    timeout_ms: PredictionTimeout,
    binary_tensors: z.boolean().default(true).meta({
      title: 'Binary tensors',
      description: 'False for a server without the binary tensor extension: numbers are then sent as JSON.',
    }),
  }),
  async open({ url, timeout_ms, binary_tensors }): Promise<ModelForward> {
    const server = createModelServer(url);
    const decode = createImageDecoder();
    const threads = createWorkerThreads(WORKER_FILE, MAX_WORKERS);
    let closed = false;

    return {
      async load(model, signal) {
        if (signal.aborted) throw abortedError(signal);
        return {
          digest: null,
          async predict(image, box, abort): Promise<Prediction> {
            if (closed) throw new AppError('ABORTED', `model "${model.name}" is not run: the models are closed`);
            const start = performance.now();
            const pixels = await abortable(decode(image), abort);
            const decodeMs = performance.now() - start;
            const call: InferCall = { url, timeoutMs: timeout_ms, isBinary: binary_tensors, model, pixels, box };
            const prediction = await threads.call<Prediction>(call, 'MODEL_FAILED', abort);
            return { ...prediction, timingsMs: { ...prediction.timingsMs, decode: decodeMs } };
          },
          async close() {},
        };
      },
      async inspect() {
        // Only the server could tell, and no connection is opened to look at a model.
        return null;
      },
      async check(signal) {
        if (signal.aborted) throw abortedError(signal);
        const { status } = await answerOf(server, '/v2/health/ready', timeout_ms, signal);
        if (status === 200) return;
        const sentence = `the model server ${server.address} is not ready: it answered with status ${status}`;
        throw new AppError('MODEL_SERVER_UNREACHABLE', sentence);
      },
      async close() {
        closed = true;
        server.close();
        await threads.stop(new AppError('ABORTED', 'the models are closed'));
      },
    };
  },
});

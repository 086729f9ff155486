import { AppError, messageOf } from '../../../domain/errors.ts';
import { answerRequests } from '../threads/answer-requests.ts';
import { engineFor } from './engines/index.ts';
import type { InferenceRequest, ModelSource } from './inference-protocol.ts';
import { createModelRunner, type ModelRunner } from './model-runner.ts';
import { readRequestTensor } from './request-tensor.ts';

// The thread that loads models and runs them, one request at a time.
const models = new Map<string, { readonly name: string; readonly runner: ModelRunner }>();

let last: Promise<unknown> = Promise.resolve();

answerRequests((request: InferenceRequest) => {
  const answer = last.then(() => answerTo(request));
  last = answer.catch(() => undefined);
  return answer;
});

async function answerTo(request: InferenceRequest): Promise<unknown> {
  switch (request.do) {
    case 'load': {
      const runner = await load(request.source);
      await unload(request.key);
      models.set(request.key, { name: request.source.model.name, runner });
      return runner.signature;
    }
    case 'unload':
      await unload(request.key);
      return null;
    case 'predict':
      return onModel(request, (runner) => runner.run(request.pixels, request.box));
    case 'answer-picture':
      return onModel(request, async (runner) => {
        const { outputs, warnings, timingsMs } = await runner.answerPicture(request.pixels, request.box);
        return JSON.stringify({ outputs, warnings, timings_ms: { decode: request.decodeMs, ...timingsMs } });
      });
    case 'answer-tensor':
      return onModel(request, async (runner) => {
        const { outputs } = await runner.answerTensor(readRequestTensor(request.body));
        return JSON.stringify({ outputs });
      });
    default:
      return request satisfies never;
  }
}

async function unload(key: string): Promise<void> {
  const loaded = models.get(key);
  models.delete(key);
  await loaded?.runner.release();
}

async function load({ model, file, ending, preparation, bytes }: ModelSource): Promise<ModelRunner> {
  try {
    const engine = await engineFor(ending, preparation);
    const engineModel = await engine.load(bytes);
    try {
      return await createModelRunner(model, engineModel);
    } catch (error) {
      await engineModel.release();
      throw error;
    }
  } catch (error) {
    endAfterTrap(error);
    const reason = reasonOf(error).replace(`model "${model.name}" `, 'it ');
    throw new AppError('MODEL_INVALID', `model "${model.name}" (${file}) cannot be used: ${reason}`);
  }
}

async function onModel(
  { key }: { readonly key: string },
  ask: (runner: ModelRunner) => Promise<unknown>,
): Promise<unknown> {
  const loaded = models.get(key);
  if (loaded === undefined) throw new AppError('MODEL_FAILED', 'the model is not loaded in this worker');
  try {
    return await ask(loaded.runner);
  } catch (error) {
    endAfterTrap(error);
    if (error instanceof AppError) throw error;
    throw new AppError('MODEL_FAILED', `model "${loaded.name}" failed: ${reasonOf(error)}`);
  }
}

/** A WebAssembly trap leaves the engine's memory in an unknown state: the thread answers, then ends and is replaced. */
function endAfterTrap(error: unknown): void {
  if (!(error instanceof Error && error.name === 'RuntimeError')) return;
  setTimeout(() => {
    throw error;
  }, 10);
}

function reasonOf(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}

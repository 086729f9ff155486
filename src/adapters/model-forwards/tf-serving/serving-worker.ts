import { AppError } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';
import type { Prediction } from '../../../domain/prediction.ts';
import { cropView, fitView } from '../../../vision/fit-view.ts';
import { answerRequests } from '../threads/answer-requests.ts';
import { isRecord } from './answer-fields.ts';
import { jsonBody } from './json-tensor.ts';
import { createModelServer, type ModelServer, type ServerAnswer } from './model-server.ts';
import type { ServingRequest } from './serving-protocol.ts';
import { servingWrappers } from './wrappers.ts';

// The thread that writes and reads the JSON of predictions: megabytes each, which would hold up the main thread.
const servers = new Map<string, ModelServer>();

answerRequests(async ({ url, timeoutMs, model, pixels, box }: ServingRequest, signal): Promise<Prediction> => {
  const server = serverAt(url);
  const wrapper = servingWrappers[model.category];
  const start = performance.now();
  const view = await fitView(cropView(pixels, box), wrapper.size(model), wrapper.resize(model));
  const body = jsonBody(view, wrapper.normalization, wrapper.fields(model));
  const sent = performance.now();
  const answer = await ask(server, model, body, timeoutMs, signal);
  const prediction = wrapper.decode(model, parse(server, model, answer), [view.width, view.height], view.placement);
  return { ...prediction, timingsMs: { resize: sent - start, model: performance.now() - sent } };
});

function serverAt(url: string): ModelServer {
  const server = servers.get(url) ?? createModelServer(url);
  servers.set(url, server);
  return server;
}

async function ask(
  server: ModelServer,
  model: Model,
  body: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  const path = `/v1/models/${encodeURIComponent(model.name)}/versions/${encodeURIComponent(model.version)}:predict`;
  try {
    return await server.post(path, body, AbortSignal.any([signal, controller.signal]));
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new AppError('TIMEOUT', `model "${model.name}" at ${server.address} did not answer in ${timeoutMs} ms`);
  } finally {
    clearTimeout(timer);
  }
}

function parse(server: ModelServer, model: Model, { status, text }: ServerAnswer): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  if (status === 200 && answer !== undefined) return answer;
  const said = isRecord(answer) && typeof answer.error === 'string' ? `: ${answer.error.slice(0, 200)}` : '';
  const what = status === 200 ? 'answered with something that is not JSON' : `answered with status ${status}${said}`;
  throw new AppError('MODEL_FAILED', `model "${model.name}" failed: the model server ${server.address} ${what}`);
}

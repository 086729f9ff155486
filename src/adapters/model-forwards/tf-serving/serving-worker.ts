import { cropView, fitView } from '../../../vision/fit-view.ts';
import { createModelServer, type ModelServer } from '../servers/model-server.ts';
import { answerRequests } from '../threads/answer-requests.ts';
import { askModel, parseAnswer, takesPictures } from './ask-model.ts';
import { jsonBody } from './json-tensor.ts';
import type { ServingRequest, ServingResult } from './serving-protocol.ts';
import { servingWrappers } from './wrappers.ts';

// The thread that writes and reads the JSON of predictions: megabytes each, which would hold up the main thread.
const servers = new Map<string, ModelServer>();

answerRequests(async ({ url, timeoutMs, model, pixels, box }: ServingRequest, signal): Promise<ServingResult> => {
  const server = serverAt(url);
  const wrapper = servingWrappers[model.category];
  const start = performance.now();
  const view = await fitView(cropView(pixels, box), wrapper.size(model), wrapper.resize(model));
  const body = jsonBody(view, wrapper.normalization, wrapper.fields(model));
  const sent = performance.now();
  const answer = await askModel(server, model, { body, mediaType: 'application/json', query: '' }, timeoutMs, signal);
  const content = parseAnswer(server, model, answer);
  const prediction = wrapper.decode(model, content, [view.width, view.height], view.placement);
  const timingsMs = { resize: sent - start, model: performance.now() - sent };
  return { prediction: { ...prediction, timingsMs }, takesPictures: takesPictures(answer) };
});

function serverAt(url: string): ModelServer {
  const server = servers.get(url) ?? createModelServer(url);
  servers.set(url, server);
  return server;
}

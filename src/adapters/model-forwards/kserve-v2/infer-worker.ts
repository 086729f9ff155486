import { messageOf } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';
import type { Prediction } from '../../../domain/prediction.ts';
import { decodeOutputs } from '../../../vision/decode-outputs.ts';
import { cropView, type FittedView, fitView, type Size } from '../../../vision/fit-view.ts';
import { byteValues, fillInput, type InputData, type InputType, type Layout } from '../../../vision/input-tensor.ts';
import { layoutOf, shapeFor, sizeOf } from '../../../vision/picture-input.ts';
import { modelFailed } from '../servers/json-answer.ts';
import { createModelServer, type ModelServer, withinTimeout } from '../servers/model-server.ts';
import { answerRequests } from '../threads/answer-requests.ts';
import { inferOutputs, inferRequest } from './infer-message.ts';
import type { InferCall } from './infer-protocol.ts';
import { DATATYPES, modelInfo, type ServedModelInfo } from './model-metadata.ts';

/** How pictures are brought to a model of a server. */
interface KnownModel extends ServedModelInfo {
  readonly layout: Layout;
  readonly size: Size | null;
  readonly table: InputData;
}

// The thread that fills tensors and reads them: megabytes each, which would hold up the main thread.
const servers = new Map<string, ModelServer>();
/** What servers said of their models, until a prediction fails: a server that is back may have others. */
const known = new Map<string, KnownModel>();

answerRequests(async (call: InferCall, signal): Promise<Prediction> => {
  const { url, model, timeoutMs } = call;
  const server = servers.get(url) ?? createModelServer(url);
  servers.set(url, server);
  const key = JSON.stringify([url, model]);
  try {
    return await withinTimeout(server, model, timeoutMs, signal, async (either) => {
      const info = known.get(key) ?? (await lookUp(server, model, either));
      known.set(key, info);
      return await predict(server, info, call, either);
    });
  } catch (error) {
    known.delete(key);
    throw error;
  }
});

async function lookUp(server: ModelServer, model: Model, signal: AbortSignal): Promise<KnownModel> {
  const info = await modelInfo(server, model, signal);
  try {
    const layout = layoutOf(info.input);
    const size = sizeOf(model, info.input, layout);
    return { ...info, layout, size, table: byteValues(info.type, null, model.normalization) };
  } catch (error) {
    throw modelFailed(server, model, `does not take such a picture: ${messageOf(error)}`);
  }
}

async function predict(
  server: ModelServer,
  info: KnownModel,
  { model, pixels, box, isBinary }: InferCall,
  signal: AbortSignal,
): Promise<Prediction> {
  const start = performance.now();
  const view = await fitView(cropView(pixels, box), info.size, model.resize);
  const fitted = performance.now();
  const { body, headers } = inferRequest(inputOf(info, view), isBinary);
  const answer = await server.post(`${info.path}/infer`, body, headers, signal);
  const outputs = inferOutputs(server, model, answer);
  const prediction = decodeOutputs(model, outputs, [view.width, view.height], view.placement);
  return { ...prediction, timingsMs: { resize: fitted - start, model: performance.now() - fitted } };
}

function inputOf({ inputName, type, layout, table, isBatched }: KnownModel, view: FittedView) {
  const data = memoryOf(type, view.data.length);
  fillInput(view.data, table, layout, data);
  const shape = shapeFor(layout, view);
  return { name: inputName, datatype: DATATYPES[type], shape: isBatched ? shape : shape.slice(1), data };
}

function memoryOf(type: InputType, length: number): InputData {
  if (type === 'float32') return new Float32Array(length);
  return type === 'uint8' ? new Uint8Array(length) : new Int8Array(length);
}

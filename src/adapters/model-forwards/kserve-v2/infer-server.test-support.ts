import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerInstead } from '../../../testing/network.test-support.ts';

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface InferModel {
  readonly metadata: { readonly versions?: readonly string[]; readonly inputs: readonly Tensor[] };
  /** FP32 outputs for the numbers of the input. */
  answer(
    values: readonly number[],
    shape: readonly number[],
  ): readonly (Omit<Tensor, 'datatype'> & { data: number[] })[];
}

export interface InferServer {
  readonly url: string;
  /** Methods and paths, in order. */
  readonly asked: readonly string[];
  /** The JSON of the latest prediction. */
  latest(): unknown;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Speaks the part of the protocol that a station uses; `before` may take a request itself. */
export async function inferServer(
  models: Readonly<Record<string, InferModel>>,
  before: Handler = () => false,
): Promise<InferServer> {
  const asked: string[] = [];
  let latest: unknown = null;
  const { endpoint } = await answerInstead(async (request, response) => {
    const { url = '', method = '' } = request;
    asked.push(`${method} ${url}`);
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    if (before(request, response)) return;
    if (url === '/v2/health/ready') return void response.end();
    const [, name = '', , infer] = /^\/v2\/models\/([^/]+)(\/versions\/[^/]+)?(\/infer)?$/.exec(url) ?? [];
    const model = models[name];
    if (model === undefined)
      return void response.writeHead(404).end(JSON.stringify({ error: `unknown model ${name}` }));
    if (infer === undefined) return void response.end(JSON.stringify({ name, ...model.metadata }));
    latest = answerInfer(model, request, body, response);
  });
  return { url: endpoint, asked, latest: () => latest };
}

function answerInfer(model: InferModel, request: IncomingMessage, body: Buffer, response: ServerResponse): unknown {
  const length = Number(request.headers['inference-header-content-length'] ?? body.length);
  const header = JSON.parse(body.subarray(0, length).toString());
  const [input] = header.inputs as (Tensor & { data?: number[] })[];
  if (input === undefined) throw new Error('there is no input');
  const tensor = Uint8Array.from(body.subarray(length));
  const typed = { FP32: Float32Array, UINT8: Uint8Array, INT8: Int8Array }[input.datatype as 'FP32'];
  const values = input.data ?? Array.from(new typed(tensor.buffer));
  const outputs = model.answer(values, input.shape);
  if (header.parameters?.binary_data_output !== true) {
    const listed = outputs.map((output) => ({ ...output, datatype: 'FP32' }));
    response.end(JSON.stringify({ outputs: listed }));
    return header;
  }
  const parts = outputs.map(({ data }) => Buffer.from(Float32Array.from(data).buffer));
  const told = outputs.map(({ name, shape }, index) => {
    const parameters = { binary_data_size: parts[index]?.length };
    return { name, shape, datatype: 'FP32', parameters };
  });
  const text = Buffer.from(JSON.stringify({ outputs: told }));
  response.setHeader('inference-header-content-length', text.length);
  response.end(Buffer.concat([text, ...parts]));
  return header;
}

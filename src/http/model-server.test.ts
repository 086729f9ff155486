import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../domain/errors.ts';
import type { Location } from '../domain/prediction.ts';
import type { ServedModel, ServedModels } from '../station/served-models.ts';
import { buildModelServer, listenWithModels, type ModelServerOptions } from './model-server.ts';

const log = { debug() {}, error() {} };

interface Asked {
  readonly body: string;
  readonly box?: Location | null;
}

/** A classifier of two classes; what it is asked is kept. */
function sorter(answer: (asked: Asked) => Promise<string> = async () => '{"outputs":[[0.2,0.8]]}') {
  const asked: Asked[] = [];
  const keep = async (question: Asked): Promise<string> => {
    asked.push(question);
    return await answer(question);
  };
  const model: ServedModel = {
    name: 'sorter',
    version: '7b',
    problem: null,
    hosted: {
      digest: '0',
      signature: { input: { type: 'float32', shape: [1, 6, 8, 3] }, outputs: { outputs: [1, 2] } },
      answerTensor: (body) => keep({ body: Buffer.from(body).toString() }),
      answerPicture: (bytes, box) => keep({ body: Buffer.from(bytes).toString(), box }),
    },
  };
  return { model, asked };
}

const broken: ServedModel = { name: 'broken', version: '1', problem: 'model "broken" is no model', hosted: null };

function serverOf(
  models: readonly ServedModel[],
  options: Partial<ModelServerOptions> = {},
  problem: string | null = null,
) {
  const served: ServedModels = { models, problem: () => problem, close: async () => undefined };
  const app = buildModelServer(served, { apiKey: null, ...options }, log);
  onTestFinished(() => app.close());
  return app;
}

describe('the model server', () => {
  it.each(['/v1/models/sorter', '/v1/models/sorter/', '/v1/models/sorter/versions/7b'])(
    'says under %s which versions there are',
    async (url) => {
      const answer = await serverOf([sorter().model]).inject({ url });
      expect(answer.statusCode).toBe(200);
      const status = { error_code: 'OK', error_message: '' };
      expect(answer.json()).toEqual({ model_version_status: [{ version: '7b', state: 'AVAILABLE', status }] });
    },
  );

  it('lists its models, and says of one that cannot be used why', async () => {
    const answer = await serverOf([sorter().model, broken]).inject({ url: '/v1/models' });
    expect(answer.json()).toMatchObject({
      models: [
        { name: 'sorter', model_version_status: [{ state: 'AVAILABLE' }] },
        { name: 'broken', model_version_status: [{ state: 'END', status: { error_message: broken.problem } }] },
      ],
    });
  });

  it('tells the signature of a model', async () => {
    const answer = await serverOf([sorter().model]).inject({ url: '/v1/models/sorter/versions/7b/metadata' });
    const sizes = (shape: readonly number[]) => ({ dim: shape.map((size) => ({ size: String(size), name: '' })) });
    expect(answer.json()).toMatchObject({
      model_spec: { name: 'sorter', version: '7b' },
      metadata: {
        signature_def: {
          signature_def: {
            serving_default: {
              inputs: { inputs: { dtype: 'DT_FLOAT', tensor_shape: sizes([1, 6, 8, 3]) } },
              outputs: { outputs: { dtype: 'DT_FLOAT', tensor_shape: sizes([1, 2]) } },
            },
          },
        },
      },
    });
  });

  it.each(['application/json', 'application/x-www-form-urlencoded', undefined])(
    'takes JSON that is called %s',
    async (type) => {
      const { model, asked } = sorter();
      const answer = await serverOf([model]).inject({
        method: 'POST',
        url: '/v1/models/sorter:predict',
        headers: type === undefined ? {} : { 'content-type': type },
        payload: '{"inputs":[]}',
      });
      expect(answer.json()).toEqual({ outputs: [[0.2, 0.8]] });
      expect(asked).toEqual([{ body: '{"inputs":[]}' }]);
    },
  );

  it('takes a picture and the box of a part of it, and says on every answer that it does', async () => {
    const { model, asked } = sorter();
    const app = serverOf([model]);
    const ask = (url: string) =>
      app.inject({ method: 'POST', url, headers: { 'content-type': 'image/png' }, payload: 'pixels' });
    const whole = await ask('/v1/models/sorter/versions/7b:predict');
    const part = await ask('/v1/models/sorter:predict?box=0.25,0,1,0.5');
    expect(asked).toEqual([
      { body: 'pixels', box: null },
      { body: 'pixels', box: [0.25, 0, 1, 0.5] },
    ]);
    for (const answer of [whole, part, await ask('/v1/models/none:predict'), await app.inject('/v1/models')]) {
      expect(answer.headers['accept-post']).toBe('application/json, image/*');
    }
  });

  it.each(['', '1', '0,0,1', '0,0,1,1,1', '0,0,1,2', '0.5,0,0.5,1', 'a,0,1,1', '0,,1,1'])(
    'refuses the box "%s"',
    async (box) => {
      const answer = await serverOf([sorter().model]).inject({
        method: 'POST',
        url: `/v1/models/sorter:predict?box=${box}`,
        headers: { 'content-type': 'image/png' },
        payload: 'pixels',
      });
      expect([answer.statusCode, answer.json().error]).toEqual([400, expect.stringContaining('"box"')]);
    },
  );

  it.each([
    ['GET', '/v1/models/none', 404, /versions of model none/],
    ['GET', '/v1/models/sorter/versions/8', 404, /sorter, version 8/],
    ['GET', '/v1/models/sorter/versions/8/metadata', 404, /sorter, version 8/],
    ['POST', '/v1/models/none:predict', 404, /Servable not found for request: Latest\(none\)/],
    ['POST', '/v1/models/sorter/versions/8:predict', 404, /Specific\(sorter, 8\)/],
    ['POST', '/v1/models/broken:predict', 404, /Servable not found/],
    ['POST', '/v1/models/sorter:classify', 400, /Malformed request/],
    ['POST', '/v1/models/sorter', 400, /Malformed request/],
    ['GET', '/v1/models/sorter:predict', 400, /Malformed request/],
    ['GET', '/v1/elsewhere', 404, /Malformed request/],
  ] as const)('answers %s %s with %i', async (method, url, status, sentence) => {
    const answer = await serverOf([sorter().model, broken]).inject({ method, url });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error).toMatch(sentence);
  });

  it.each([
    ['REQUEST_INVALID', 400],
    ['IMAGE_UNREADABLE', 400],
    ['MODEL_FAILED', 502],
    ['TIMEOUT', 504],
  ] as const)('answers %s with %i, sentence and code', async (code, status) => {
    const { model } = sorter(() => Promise.reject(new AppError(code, 'what went wrong')));
    const answer = await serverOf([model]).inject({ method: 'POST', url: '/v1/models/sorter:predict', payload: '{}' });
    expect([answer.statusCode, answer.json()]).toEqual([status, { error: 'what went wrong', code }]);
  });

  it('refuses a body beyond its limit', async () => {
    const app = serverOf([sorter().model], { bodyLimitBytes: 10 });
    const answer = await app.inject({ method: 'POST', url: '/v1/models/sorter:predict', payload: 'x'.repeat(11) });
    expect([answer.statusCode, answer.json().error]).toEqual([413, 'the body is too large']);
  });

  it('refuses predictions while too many bytes are under way, and takes them again afterwards', async () => {
    let answerFirst: (text: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => {
      answerFirst = resolve;
    });
    let calls = 0;
    const { model } = sorter(async () => {
      calls += 1;
      return calls === 1 ? await first : '{"outputs":[[1,0]]}';
    });
    const app = serverOf([model], { maxBytesUnderWay: 15 });
    const ask = () => app.inject({ method: 'POST', url: '/v1/models/sorter:predict', payload: '0123456789' });
    const waiting = ask();
    await expect.poll(() => calls).toBe(1);
    const refused = await ask();
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
    answerFirst('{"outputs":[[0,1]]}');
    expect((await waiting).statusCode).toBe(200);
    await expect.poll(async () => (await ask()).statusCode).toBe(200);
  });

  it('asks for its key, which may also come as a password, but not for its health', async () => {
    const app = serverOf([sorter().model], { apiKey: 'secret' });
    const statusWith = async (authorization?: string) => {
      const headers = authorization === undefined ? {} : { authorization };
      return (await app.inject({ url: '/v1/models/sorter', headers })).statusCode;
    };
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(await statusWith()).toBe(401);
    expect(await statusWith('Bearer other')).toBe(401);
    expect(await statusWith(basic('secret:other'))).toBe(401);
    expect(await statusWith('Bearer secret')).toBe(200);
    expect(await statusWith(basic('station:secret'))).toBe(200);
    expect((await app.inject('/health/live')).statusCode).toBe(200);
  });

  it('is ready as long as its threads run, and warns of models that cannot be used', async () => {
    const ready = await serverOf([sorter().model, broken]).inject('/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([
      200,
      { ready: true, reasons: [], warnings: ['model "broken" is no model'] },
    ]);
    const away = await serverOf([sorter().model], {}, 'no worker').inject('/health/ready');
    expect([away.statusCode, away.json().reasons]).toEqual([503, ['no worker']]);
  });

  it('asks for no key on this machine, and calls a prediction off when its client goes away', async () => {
    let aborted = false;
    const { model } = sorter();
    const hanging: ServedModel = {
      ...model,
      hosted: model.hosted && {
        ...model.hosted,
        answerTensor: (_body, signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(new AppError('ABORTED', 'called off'));
            });
          }),
      },
    };
    const served: ServedModels = { models: [hanging], problem: () => null, close: async () => undefined };
    const place = { host: '127.0.0.1', port: 0, apiKey: 'secret' };
    const running = await listenWithModels(served, place, log);
    onTestFinished(running.close);
    expect((await fetch(`${running.url}/v1/models/sorter`)).status).toBe(200);
    const asking = new AbortController();
    const url = `${running.url}/v1/models/sorter:predict`;
    const gone = fetch(url, { method: 'POST', body: '{}', signal: asking.signal }).catch(() => 'gone');
    setTimeout(() => asking.abort(), 100);
    expect(await gone).toBe('gone');
    await expect.poll(() => aborted).toBe(true);
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { testContext } from '../../../ports/context.test-support.ts';
import { answerInstead } from '../../../testing/network.test-support.ts';
import { plainImage, testModel } from '../model-forward.test-support.ts';
import { tfServingModelForward } from '../tf-serving-model-forward.ts';

const signal = new AbortController().signal;
const TAKES_PICTURES = { 'accept-post': 'application/json, image/*' };

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: unknown;
}

/** A loaded classifier whose server answers a request of each kind as `answers` says; and what it was sent. */
async function askedServer(answers: { json: Answer; picture: Answer }) {
  const asked: string[] = [];
  const { endpoint } = await answerInstead(async (request, response) => {
    await request.toArray();
    const type = String(request.headers['content-type']);
    asked.push(`${type} ${request.url}`);
    const {
      status = 200,
      headers = {},
      content = { outputs: [[0.1, 0.8, 0.1]] },
    } = type === 'application/json' ? answers.json : answers.picture;
    response.writeHead(status, headers).end(JSON.stringify(content));
  });
  const forward = await tfServingModelForward.open({ url: endpoint, timeout_ms: 5_000 }, await testContext());
  onTestFinished(() => forward.close());
  const loaded = await forward.load(testModel(), signal);
  const predict = async (box: readonly [number, number, number, number] | null = null) =>
    await loaded.predict(await plainImage('lime'), box, signal);
  return { answers, asked, predict };
}

const JSON_CALL = 'application/json /v1/models/caps/versions/1:predict';
const PICTURE_CALL = 'image/png /v1/models/caps/versions/1:predict';

describe('pictures for a model server', () => {
  it('are sent as they were captured, with the box of a crop, once the server has said that it takes them', async () => {
    const answer = { headers: TAKES_PICTURES };
    const timed = { outputs: [[0.1, 0.8, 0.1]], timings_ms: { decode: 0.25, resize: 0.5, model: 1 } };
    const { asked, predict } = await askedServer({ json: answer, picture: { ...answer, content: timed } });
    await predict();
    const found = await predict();
    expect(found).toMatchObject({ label: 'green', timingsMs: { decode: 0.25, resize: 0.5 } });
    await predict([0.25, 0, 1, 0.5]);
    expect(asked).toEqual([JSON_CALL, PICTURE_CALL, `${PICTURE_CALL}?box=0.25,0,1,0.5`]);
  });

  it('are never sent to a server that does not say so', async () => {
    const { asked, predict } = await askedServer({ json: {}, picture: {} });
    await predict();
    await predict();
    expect(asked).toEqual([JSON_CALL, JSON_CALL]);
  });

  it('become JSON again, within the same call, when another server has taken its place', async () => {
    const answers = { json: { headers: TAKES_PICTURES } as Answer, picture: {} as Answer };
    const { asked, predict } = await askedServer(answers);
    await predict();
    answers.json = {};
    answers.picture = { status: 400, content: { error: 'JSON Parse error' } };
    expect(await predict()).toMatchObject({ label: 'green' });
    await predict();
    expect(asked).toEqual([JSON_CALL, PICTURE_CALL, JSON_CALL, JSON_CALL]);
  });

  it('are sent at once where their JSON is too large for the server', async () => {
    const json = { status: 413, headers: TAKES_PICTURES, content: { error: 'the body is too large' } };
    const { asked, predict } = await askedServer({ json, picture: { headers: TAKES_PICTURES } });
    expect(await predict()).toMatchObject({ label: 'green' });
    expect(asked).toEqual([JSON_CALL, PICTURE_CALL]);
  });

  it('fail by the name of model and server', async () => {
    const picture = { status: 502, headers: TAKES_PICTURES, content: { error: 'it is broken' } };
    const { predict } = await askedServer({ json: { headers: TAKES_PICTURES }, picture });
    await predict();
    await expect(predict()).rejects.toThrow(/model "caps" failed: .* status 502: it is broken/);
  });
});

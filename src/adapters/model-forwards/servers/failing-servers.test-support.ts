import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Model } from '../../../domain/model.ts';
import type { Prediction } from '../../../domain/prediction.ts';
import type { ModelForward } from '../../../ports/model-forward.ts';
import { answerInstead, freePort, listenInstead, openRelay } from '../../../testing/network.test-support.ts';
import { plainImage } from '../model-forward.test-support.ts';

const never = new AbortController().signal;

/** A model forward that asks a server, as far as a server that fails is concerned. */
export interface FailingServerSubject {
  /** Opens the forward for a server; closed when the test ends. */
  open(url: string, timeoutMs: number): Promise<ModelForward>;
  /** Starts a server that runs the model, until the test ends. */
  serve(): Promise<string>;
  readonly model: Model;
}

/** Answers in place of a server that are HTTP and nothing a model said. */
const NO_ANSWERS: readonly (readonly [name: string, status: number, text: string, sentence: RegExp])[] = [
  ['refuses without a user', 401, '', /answered with status 401$/],
  ['refuses the user', 403, '{"error": "no licence"}', /answered with status 403: no licence$/],
  ['leads elsewhere', 302, '', /answered with status 302$/],
  ['has no such page', 404, '<html>not found</html>', /answered with status 404$/],
  ['is overloaded', 503, '{"error": {"code": 14}}', /answered with status 503$/],
  ['answers with nothing', 200, '', /not JSON$/],
  ['answers with a page', 200, '<html>welcome</html>', /not JSON$/],
  ['answers with half of its JSON', 200, '{"outputs": [[0.1,', /not JSON$/],
  ['answers with null', 200, 'null', /./],
  ['answers with a number', 200, '4', /./],
  ['answers with a list', 200, '[[0.1, 0.8, 0.1]]', /./],
  ['answers with an empty object', 200, '{}', /./],
  ['answers with outputs that are none', 200, '{"outputs": null, "inputs": null}', /./],
  ['answers with outputs that are a text', 200, '{"outputs": "good", "inputs": "x"}', /./],
];

const NO_HTTP: readonly (readonly [name: string, answer: (socket: Socket) => void])[] = [
  ['greets as SSH', (socket) => void socket.write('SSH-2.0-OpenSSH_9.6\r\n')],
  ['sends zeros', (socket) => void socket.write(Buffer.alloc(64))],
  ['speaks TLS', (socket) => void socket.write(Buffer.from([0x15, 3, 3, 0, 2, 2, 70]))],
  ['hangs up at once', (socket) => void socket.end()],
  ['hangs up when it is asked', (socket) => void socket.once('data', () => socket.resetAndDestroy())],
];

const SILENT: readonly (readonly [name: string, answer: (socket: Socket) => void])[] = [
  ['says nothing', () => undefined],
  ['begins a status line', (socket) => void socket.write('HTTP/1.1 20')],
  ['promises an answer', (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{"outputs"')],
];

/** What every forward that asks a server does when that fails. */
export function failingServerSuite({ open, serve, model }: FailingServerSubject): void {
  async function predict(forward: ModelForward, signal = never): Promise<Prediction> {
    const loaded = await forward.load(model, signal);
    return await loaded.predict(await plainImage('red'), null, signal);
  }

  describe('with a server that fails', () => {
    it('fails while it is away, and runs the model when it comes, and when it comes back', async () => {
      const relay = await openRelay(Number(new URL(await serve()).port));
      onTestFinished(() => relay.close());
      await relay.goAway();
      const forward = await open(`http://127.0.0.1:${relay.port}`, 5_000);
      for (let round = 0; round < 3; round += 1) {
        const unreachable = { code: 'MODEL_SERVER_UNREACHABLE', message: expect.stringContaining(`:${relay.port}`) };
        await expect(predict(forward)).rejects.toMatchObject(unreachable);
        await expect(forward.check(never)).rejects.toMatchObject(unreachable);
        await relay.comeBack();
        expect(await predict(forward)).toMatchObject({ label: 'red' });
        await expect(forward.check(never)).resolves.toBeUndefined();
        await relay.goAway();
      }
    });

    it('fails many pictures at once when nobody listens, and each by itself', async () => {
      const forward = await open(`http://operator:swordfish@127.0.0.1:${await freePort()}`, 5_000);
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => predict(forward)));
      for (const outcome of outcomes) {
        const reason: Error = outcome.status === 'rejected' ? outcome.reason : expect.fail('it was answered');
        expect(reason).toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
        expect(reason.message).not.toContain('swordfish');
      }
    });

    it.each(SILENT)('gives up after the timeout, by name, when it %s', async (_, answer) => {
      const { endpoint } = await listenInstead((socket) => void socket.resume().once('data', () => answer(socket)));
      const forward = await open(endpoint, 300);
      await expect(predict(forward)).rejects.toMatchObject({
        code: 'TIMEOUT',
        message: `model "${model.name}" at ${endpoint} did not answer in 300 ms`,
      });
      await expect(forward.check(never)).rejects.toMatchObject({ code: 'MODEL_SERVER_UNREACHABLE' });
    });

    it.each(SILENT)('is called off at once when it %s', async (_, answer) => {
      const asked = Promise.withResolvers<void>();
      const { endpoint } = await listenInstead((socket) => {
        socket.resume().once('data', () => {
          answer(socket);
          asked.resolve();
        });
      });
      const abort = new AbortController();
      const failing = predict(await open(endpoint, 3_600_000), abort.signal);
      void asked.promise.then(() => abort.abort());
      await expect(failing).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it.each(NO_HTTP)('cannot reach one that %s', async (_, answer) => {
      const { endpoint } = await listenInstead((socket) => answer(socket.resume()));
      const forward = await open(endpoint, 5_000);
      const unreachable = {
        code: 'MODEL_SERVER_UNREACHABLE',
        message: expect.stringMatching(`^the model server ${endpoint} cannot be reached: .`),
      };
      await expect(predict(forward)).rejects.toMatchObject(unreachable);
      await expect(forward.check(never)).rejects.toMatchObject(unreachable);
    });

    it.each(NO_ANSWERS)('fails the model by name when it %s', async (_, status, text, sentence) => {
      const { endpoint } = await answerInstead((request, response: ServerResponse) => {
        request.resume().once('end', () => response.writeHead(status).end(text));
      });
      const failing = predict(await open(endpoint.replace('//', '//operator:swordfish@'), 5_000));
      await expect(failing).rejects.toMatchObject({
        code: 'MODEL_FAILED',
        message: expect.stringContaining(`model "${model.name}" `),
      });
      await expect(failing).rejects.toThrow(sentence);
      await expect(failing).rejects.not.toThrow(/swordfish/);
    });
  });
}

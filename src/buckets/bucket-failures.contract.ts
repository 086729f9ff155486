import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { alwaysAnswer, answerInstead, listenInstead } from '../testing/network.test-support.ts';
import type { Bucket, StoredObject } from './bucket.ts';

const never = new AbortController().signal;

/** One technology, and its store that can be away. */
export interface FailingStore {
  /** A bucket of whatever listens there. It is closed when the test ends. */
  openOn(endpoint: string, timeoutMs?: number): Promise<Bucket>;
  /** A new bucket of the real store, which the relay leads to. It is closed when the test ends. */
  openReal(): Promise<Bucket>;
  /** What the real store is called in messages. */
  host(): string;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** The headers with which the store sends a picture of so many bytes. */
  readonly headersOfPicture: (bytes: number) => Readonly<Record<string, string>>;
  /** Answers with which the store refuses credentials: its code, and what the station says of it. */
  readonly refusals: readonly {
    readonly status: number;
    readonly code: string;
    readonly sentence: string;
  }[];
  /** Such an answer. */
  readonly errorOf: (
    status: number,
    code: string,
  ) => { readonly headers?: Readonly<Record<string, string>>; readonly body: string };
  /** Answers as the store does to a picture that it has taken. */
  readonly confirm: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

export async function put(bucket: Bucket): Promise<void> {
  await bucket.put('edge-1/line/a/front.jpg', Buffer.from('picture'), 'image/jpeg', never);
}

/** Every call of the bucket is rejected with an error of this form. */
export async function expectAllToFail(bucket: Bucket, error: object): Promise<void> {
  const name = 'edge-1/line/a/front.jpg';
  await expect(put(bucket)).rejects.toMatchObject(error);
  await expect(bucket.get(name, never)).rejects.toMatchObject(error);
  await expect(bucket.delete(name, never)).rejects.toMatchObject(error);
  await expect(listed(bucket.iterate('', never))).rejects.toMatchObject(error);
  await expect(bucket.check(never)).rejects.toMatchObject(error);
}

export async function listed(objects: AsyncIterable<StoredObject>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of objects) names.push(name);
  return names;
}

/** What every object store promises while its store, or the way there, fails. */
export function bucketFailuresContract(store: FailingStore): void {
  describe('as a bucket whose store fails', () => {
    it('says that the store is away, and works again once it is back', async () => {
      const bucket = await store.openReal();
      await put(bucket);
      await store.goAway();
      // the first of them may find a connection that breaks only now
      await expectAllToFail(bucket, { code: 'STORAGE_FAILED' });
      const sentence = `${store.host()} cannot be reached: nobody listens`;
      await expectAllToFail(bucket, { code: 'STORAGE_FAILED', message: expect.stringContaining(sentence) });
      await store.comeBack();
      await bucket.check(never);
      await bucket.put('edge-1/line/b/front.jpg', Buffer.from('later'), 'image/jpeg', never);
      expect(Buffer.from((await bucket.get('edge-1/line/a/front.jpg', never)) ?? []).toString()).toBe('picture');
    });

    it('gives up after its time when nothing comes back, and lets go of the connection', async () => {
      const letGo = Promise.withResolvers<void>();
      const { endpoint, host } = await answerInstead((request) => request.socket.on('close', () => letGo.resolve()));
      const writing = put(await store.openOn(endpoint, 200));
      await expect(writing).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(writing).rejects.toThrow(`${host} did not answer in 200 ms`);
      await letGo.promise;
    });

    it('gives up after its time, whatever is asked, when nobody reads', async () => {
      const { endpoint, host } = await listenInstead(() => undefined);
      const bucket = await store.openOn(endpoint, 200);
      const failed = { code: 'STORAGE_FAILED', message: expect.stringContaining(`${host} did not answer in 200 ms`) };
      await expectAllToFail(bucket, failed);
      await expect(bucket.put('a', Buffer.alloc(20 * 1024 * 1024), 'image/jpeg', never)).rejects.toMatchObject(failed);
    });

    it.each(['put', 'get', 'delete', 'check', 'iterate'] as const)(
      'ends at once when it is cancelled, and lets go of the connection: %s',
      async (call) => {
        const [arrived, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const { endpoint } = await answerInstead((request) => {
          arrived.resolve();
          request.socket.on('close', () => letGo.resolve());
        });
        const bucket = await store.openOn(endpoint);
        const { signal, abort } = cancellable();
        const calls = {
          put: async () => bucket.put('a', Buffer.from('x'), 'image/jpeg', signal),
          get: async () => bucket.get('a', signal),
          delete: async () => bucket.delete('a', signal),
          check: async () => bucket.check(signal),
          iterate: async () => listed(bucket.iterate('', signal)),
        };
        const running = calls[call]();
        await arrived.promise;
        abort(new Error('the station stops'));
        await expect(running).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'the station stops' } });
        await letGo.promise;
      },
    );

    it('gives up on a picture that stops halfway', async () => {
      const { endpoint } = await answerInstead((_request, response) => {
        response.writeHead(200, store.headersOfPicture(10)).write('half');
      });
      const reading = (await store.openOn(endpoint, 200)).get('a', never);
      await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    });

    it('never gives a part of a picture: the connection breaks', async () => {
      const { endpoint } = await answerInstead((request, response) => {
        response.writeHead(200, store.headersOfPicture(10)).write('half', () => request.socket.destroy());
      });
      const reading = (await store.openOn(endpoint)).get('a', never);
      await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    });

    it('never gives what may be a part of a picture: its length is unknown', async () => {
      const { 'content-length': _length, ...headers } = store.headersOfPicture(10);
      const { endpoint } = await answerInstead((_request, response) => {
        response.writeHead(200, headers);
        response.write('half');
        response.end();
      });
      const reading = (await store.openOn(endpoint)).get('a', never);
      await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    });

    it.each([
      [200, '<html>Please log in to the network of the plant</html>'],
      [200, '{"ok": true}'],
      [200, ''],
      [302, ''],
      [400, 'The plain HTTP request was sent to HTTPS port'],
      [404, '<html>404 page not found</html>'],
      [404, ''],
      [502, '<html>Bad Gateway</html>'],
      [503, 'busy'],
    ])('takes nothing for done, missing or refused for good on an answer %i %j', async (status, body) => {
      const { endpoint } = await alwaysAnswer(status, body);
      const failed = { code: 'STORAGE_FAILED', message: expect.stringMatching(/ 127\.0\.0\.1:\d+ /) };
      await expectAllToFail(await store.openOn(endpoint), failed);
    });

    it.each(store.refusals)('says whatever is asked that credentials are refused: $status $code', async (refusal) => {
      const { status, code, sentence } = refusal;
      const { headers, body } = store.errorOf(status, code);
      const { endpoint, host } = await alwaysAnswer(status, body, headers);
      const message = expect.stringContaining(`${host} refuses the credentials (${code}): ${sentence}`);
      await expectAllToFail(await store.openOn(endpoint), { code: 'STORAGE_FAILED', message });
    });

    it.each([
      [401, ''],
      [403, '<html>Forbidden</html>'],
    ])('takes an answer %i %j for refused credentials, too', async (status, body) => {
      const { endpoint, host } = await alwaysAnswer(status, body);
      const message = expect.stringContaining(`${host} refuses the credentials (status ${status}): check `);
      await expectAllToFail(await store.openOn(endpoint), { code: 'STORAGE_FAILED', message });
    });

    it('gives up on a picture that a proxy finds too large', async () => {
      const { endpoint } = await alwaysAnswer(413, '<html>413 Request Entity Too Large</html>');
      await expect(put(await store.openOn(endpoint))).rejects.toMatchObject({ code: 'REFUSED' });
    });

    it.each([
      ['speaks SSH', (socket: Socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
      ['answers rubbish', (socket: Socket) => void socket.on('data', () => socket.write(Buffer.alloc(64, 0xff)))],
      ['takes a connection and goes', (socket: Socket) => void socket.destroy()],
    ])('says so when something listens there that %s', async (_, speak) => {
      const { endpoint } = await listenInstead(speak);
      const failed = { code: 'STORAGE_FAILED', message: expect.stringContaining('127.0.0.1') };
      await expectAllToFail(await store.openOn(endpoint), failed);
    });

    it('holds at most 16 connections', async () => {
      const sockets = new Set<unknown>();
      const { status, headers, body } = store.confirm;
      const { endpoint } = await answerInstead((request, response) => {
        sockets.add(request.socket);
        request.resume().on('end', () => setTimeout(() => response.writeHead(status, headers).end(body), 2));
      });
      const bucket = await store.openOn(endpoint);
      await Promise.all(Array.from({ length: 60 }, async () => put(bucket)));
      expect(sockets.size).toBeLessThanOrEqual(16);
    });
  });
}

function cancellable(): { readonly signal: AbortSignal; readonly abort: (reason: Error) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

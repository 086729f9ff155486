import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { interceptLocalhostDns } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { bucketContract } from './bucket.contract.ts';
import type { StoredObject } from './bucket.ts';
import { listenInstead } from './instead.test-support.ts';
import { credentials, openOn, openOnAnswer, put } from './s3-bucket.test-support.ts';
import { S3BucketOptions } from './s3-bucket.ts';
import { type S3Server, startS3Server } from './s3-server.test-support.ts';

const never = new AbortController().signal;

async function listed(objects: AsyncIterable<StoredObject>): Promise<string[]> {
  const list: string[] = [];
  for await (const { name } of objects) list.push(name);
  return list;
}

describe('bucket of S3', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(async () => {
    await server.close();
  });

  bucketContract(async () => {
    const bucket = await server.createBucket();
    const names = async (list: readonly string[]): Promise<void> => server.fill(bucket, list);
    return { bucket: await openOn({ endpoint: server.endpoint }, { bucket }), fill: names };
  });

  it('says that the store is away, and works again once it is back', async () => {
    const bucket = await openOn({ endpoint: server.endpoint }, { bucket: await server.createBucket() });
    await put(bucket);
    await server.goAway();
    await expect(put(bucket)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(put(bucket)).rejects.toThrow(`${new URL(server.endpoint).host} cannot be reached: nobody listens`);
    await expect(bucket.get('edge-1/line/a/front.jpg', never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(bucket.check(never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await server.comeBack();
    await bucket.check(never);
    await bucket.put('edge-1/line/b/front.jpg', Buffer.from('later'), 'image/jpeg', never);
    expect(Buffer.from((await bucket.get('edge-1/line/a/front.jpg', never)) ?? []).toString()).toBe('picture');
  });

  it('names the bucket that does not exist', async () => {
    const bucket = await openOn({ endpoint: server.endpoint }, { bucket: 'forgotten' });
    const sentence = `there is no bucket "forgotten" at ${new URL(server.endpoint).host}`;
    await expect(put(bucket)).rejects.toThrow(sentence);
    await expect(bucket.get('edge-1/line/a/front.jpg', never)).rejects.toThrow(sentence);
    await expect(bucket.check(never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('reaches a bucket by its host name where path_style is off', async () => {
    onTestFinished(interceptLocalhostDns());
    const bucket = await server.createBucket();
    const { port } = new URL(server.endpoint);
    const endpoint = `http://s3.localhost:${port}`;
    await put(await openOn({ endpoint, path_style: false }, { bucket }));
    expect(await server.mediaTypeOf(bucket, 'edge-1/line/a/front.jpg')).toBe('image/jpeg');
  });

  it('signs the SHA-256 of what it sends, so that damage on the way is refused, and adds no trailers', async () => {
    const received: IncomingHttpHeaders[] = [];
    const { endpoint } = await listenInstead((request, response) => {
      received.push(request.headers);
      request.resume().on('end', () => response.setHeader('etag', '"1"').end());
    });
    await (await openOn({ endpoint })).put('a', Buffer.alloc(3_000_000, 'x'), 'image/jpeg', never);
    const [headers = {}] = received;
    const sha256 = createHash('sha256').update(Buffer.alloc(3_000_000, 'x')).digest('hex');
    expect(headers).toMatchObject({ 'x-amz-content-sha256': sha256, 'content-length': '3000000' });
    expect(headers.authorization).toMatch(/SignedHeaders=[^,]*x-amz-content-sha256/);
    expect(Object.keys(headers).filter((name) => /trailer|checksum|content-encoding|expect/.test(name))).toEqual([]);
  });

  it('holds at most 16 connections', async () => {
    const sockets = new Set<unknown>();
    const { endpoint } = await listenInstead((request, response) => {
      sockets.add(request.socket);
      request.resume().on('end', () => setTimeout(() => response.setHeader('etag', '"1"').end(), 2));
    });
    const bucket = await openOn({ endpoint });
    await Promise.all(Array.from({ length: 60 }, async () => put(bucket)));
    expect(sockets.size).toBeLessThanOrEqual(16);
  });

  describe('when nothing comes back', () => {
    it('gives up after its time, and lets go of the connection', async () => {
      const letGo = Promise.withResolvers<void>();
      const { endpoint, host } = await listenInstead((request) => request.socket.on('close', () => letGo.resolve()));
      const writing = put(await openOn({ endpoint, timeout_ms: 60 }));
      await expect(writing).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(writing).rejects.toThrow(`bucket "inspections": ${host} did not answer in 60 ms`);
      await letGo.promise;
    });

    it('ends at once when it is cancelled', async () => {
      const [arrived, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const { endpoint } = await listenInstead((request) => {
        arrived.resolve();
        request.socket.on('close', () => letGo.resolve());
      });
      const bucket = await openOn({ endpoint });
      const controller = new AbortController();
      const checking = bucket.check(controller.signal);
      await arrived.promise;
      controller.abort(new Error('the station stops'));
      await expect(checking).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'the station stops' } });
      await letGo.promise;
    });

    it('gives up on a picture that stops halfway', async () => {
      const { endpoint } = await listenInstead((_request, response) => {
        response.writeHead(200, { etag: '"1"', 'content-length': '10' }).write('half');
      });
      const reading = (await openOn({ endpoint, timeout_ms: 60 })).get('a', never);
      await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    });
  });

  describe('when an answer is not whole', () => {
    it('never gives a part of a picture: the connection breaks', async () => {
      const { endpoint } = await listenInstead((request, response) => {
        response.writeHead(200, { etag: '"1"', 'content-length': '10' }).write('half', () => request.socket.destroy());
      });
      await expect((await openOn({ endpoint })).get('a', never)).rejects.toThrow('the connection broke');
    });

    it('never gives what may be a part of a picture: its length is unknown', async () => {
      const { endpoint } = await listenInstead((_request, response) => {
        response.writeHead(200, { etag: '"1"' });
        response.write('half');
        response.end();
      });
      await expect((await openOn({ endpoint })).get('a', never)).rejects.toThrow('does not say how long it is');
    });

    it('does not list for ever when the store gives the same page again and again', async () => {
      const page = '<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>';
      const bucket = await openOnAnswer(200, `<ListBucketResult>${page}</ListBucketResult>`);
      const listing = listed(bucket.iterate('edge-1/', never));
      await expect(listing).rejects.toThrow('does not answer as an S3 store');
    });
  });

  describe('its credentials', () => {
    it('are asked for by every call and never looked for elsewhere, least of all in the network', async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'of the process');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the process');
      let requests = 0;
      const { endpoint } = await listenInstead((_request, response) => {
        requests += 1;
        response.end();
      });
      vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', endpoint);
      vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', endpoint);
      const bucket = await openOn({ endpoint }, { env: { AWS_ACCESS_KEY_ID: 'without a secret' } });
      const missing = {
        code: 'STORAGE_FAILED',
        message: expect.stringContaining('set AWS_ACCESS_KEY_ID and AWS_SECRET'),
      };
      await expect(put(bucket)).rejects.toMatchObject(missing);
      await expect(bucket.get('a', never)).rejects.toMatchObject(missing);
      await expect(bucket.delete('a', never)).rejects.toMatchObject(missing);
      await expect(listed(bucket.iterate('', never))).rejects.toMatchObject(missing);
      await expect(bucket.check(never)).rejects.toMatchObject(missing);
      expect(requests).toBe(0);
    });

    it('come from files that the environment names', async () => {
      const authorizations: (string | undefined)[] = [];
      const { endpoint } = await listenInstead((request, response) => {
        authorizations.push(request.headers.authorization);
        request.resume().on('end', () => response.setHeader('etag', '"1"').end());
      });
      const folder = await temporaryFolder();
      await writeFile(join(folder, 'key'), 'key-of-a-file\n');
      await writeFile(join(folder, 'secret'), 'secret-of-a-file\n');
      const files = { AWS_ACCESS_KEY_ID_FILE: join(folder, 'key'), AWS_SECRET_ACCESS_KEY_FILE: join(folder, 'secret') };
      await put(await openOn({ endpoint }, { env: files }));
      expect(authorizations).toEqual([expect.stringContaining('Credential=key-of-a-file/')]);
    });

    it('may be in a file that cannot be read: the bucket opens, and its calls name the variable', async () => {
      const env = { ...credentials, AWS_SESSION_TOKEN_FILE: '/nowhere/token' };
      const bucket = await openOn({ endpoint: server.endpoint }, { env });
      await expect(put(bucket)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(put(bucket)).rejects.toThrow('the file that AWS_SESSION_TOKEN_FILE names');
    });
  });

  it.each(['ab', 'Inspections', 'in_spections', '../other', 'a..b', '-ab', 'a'.repeat(64), 'arn:aws:s3:::x', ''])(
    'does not take %j for the name of a bucket',
    (bucket) => {
      expect(S3BucketOptions.safeParse({ bucket }).success).toBe(false);
    },
  );
});

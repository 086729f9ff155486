import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { interceptLocalhostDns } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { answerInstead } from '../testing/network.test-support.ts';
import { bucketContract } from './bucket.contract.ts';
import { bucketFailuresContract, expectAllToFail, listed, put } from './bucket-failures.contract.ts';
import { credentials, openOn, openOnAnswer, xmlError } from './s3-bucket.test-support.ts';
import { S3BucketOptions } from './s3-bucket.ts';
import { type S3Server, startS3Server } from './s3-server.test-support.ts';

const never = new AbortController().signal;

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

  bucketFailuresContract({
    openOn: async (endpoint, timeout_ms) => openOn({ endpoint, timeout_ms }),
    openReal: async () => openOn({ endpoint: server.endpoint }, { bucket: await server.createBucket() }),
    host: () => new URL(server.endpoint).host,
    goAway: async () => server.goAway(),
    comeBack: async () => server.comeBack(),
    refusals: ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'AccessDenied'].map((code) => ({
      status: 403,
      code,
      sentence: 'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what they may do in bucket',
    })),
    errorOf: (_status, code) => ({ body: xmlError(code) }),
    headersOfPicture: (bytes) => ({ etag: '"1"', 'content-length': `${bytes}` }),
    confirm: { status: 200, headers: { etag: '"1"' }, body: '' },
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
    const { endpoint } = await answerInstead((request, response) => {
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

  it('does not list for ever when the store gives the same page again and again', async () => {
    const page = '<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>';
    const bucket = await openOnAnswer(200, `<ListBucketResult>${page}</ListBucketResult>`);
    const listing = listed(bucket.iterate('edge-1/', never));
    await expect(listing).rejects.toThrow('does not answer as an S3 store');
  });

  describe('its credentials', () => {
    it('are asked for by every call and never looked for elsewhere, least of all in the network', async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'of the process');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the process');
      let requests = 0;
      const { endpoint } = await answerInstead((_request, response) => {
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
      await expectAllToFail(bucket, missing);
      expect(requests).toBe(0);
    });

    it('come from files that the environment names', async () => {
      const authorizations: (string | undefined)[] = [];
      const { endpoint } = await answerInstead((request, response) => {
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

import { CRC32C } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketContract } from './bucket.contract.ts';
import { bucketFailuresContract, put } from './bucket-failures.contract.ts';
import { jsonError, openOn } from './gcp-bucket.test-support.ts';
import { type GcsServer, startGcsServer, withoutGcs } from './gcs-server.test-support.ts';

const never = new AbortController().signal;

describe.skipIf(withoutGcs !== '')(`bucket of Google${withoutGcs}`, () => {
  let server: GcsServer;
  beforeAll(async () => {
    server = await startGcsServer();
  });
  afterAll(async () => {
    await server.close();
  });

  bucketContract(async () => {
    const bucket = await server.createBucket();
    return {
      bucket: await openOn({ bucket, endpoint: server.endpoint }),
      fill: async (names) => server.fill(bucket, names),
    };
  });

  const crc32c = new CRC32C();
  crc32c.update(Buffer.from('picture'));
  const stored = { name: 'edge-1/line/a/front.jpg', size: '7', crc32c: crc32c.toString() };
  bucketFailuresContract({
    openOn: async (endpoint, timeout_ms) => openOn({ bucket: 'inspections', endpoint, timeout_ms }),
    openReal: async () => openOn({ bucket: await server.createBucket(), endpoint: server.endpoint }),
    host: () => server.host,
    goAway: async () => server.goAway(),
    comeBack: async () => server.comeBack(),
    refusals: [
      { status: 401, code: 'authError', sentence: 'check GOOGLE_APPLICATION_CREDENTIALS, what it allows' },
      { status: 403, code: 'forbidden', sentence: 'check GOOGLE_APPLICATION_CREDENTIALS' },
    ],
    errorOf: (status, reason) => ({ body: jsonError(status, reason) }),
    headersOfPicture: (bytes) => ({ 'content-length': `${bytes}`, 'x-goog-hash': 'crc32c=AAAAAA==' }),
    confirm: { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(stored) },
  });

  it('names the bucket that does not exist, and does not create it', async () => {
    const bucket = await openOn({ bucket: 'forgotten', endpoint: server.endpoint });
    const sentence = `there is no bucket "forgotten" at ${server.host}: create it, or check GCP_BUCKET_NAME`;
    for (const call of [async () => put(bucket), async () => bucket.get('a', never), async () => bucket.check(never)]) {
      await expect(call()).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        message: expect.stringContaining(sentence),
      });
    }
  });

  it('writes where the environment says, though the file says another bucket', async () => {
    const bucket = await server.createBucket();
    const options = { bucket: 'forgotten', endpoint: server.endpoint };
    await put(await openOn(options, { GCP_BUCKET_NAME: bucket }));
    expect(await server.mediaTypeOf(bucket, 'edge-1/line/a/front.jpg')).toBe('image/jpeg');
  });
});

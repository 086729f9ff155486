import { CRC32C } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { rootless } from '../ports/context.test-support.ts';
import { bucketContract } from './bucket.contract.ts';
import type { Bucket } from './bucket.ts';
import { bucketFailuresContract, put } from './bucket-failures.contract.ts';
import { GcpBucketOptions, openGcpBucket } from './gcp-bucket.ts';
import { type GcsServer, MANY_IN_GCS, startGcsServer, withoutGcs } from './gcs-server.test-support.ts';

const never = new AbortController().signal;

async function openOn(endpoint: string, bucket: string, timeout_ms = 30_000): Promise<Bucket> {
  const opened = await openGcpBucket(GcpBucketOptions.parse({ bucket, endpoint, timeout_ms }), rootless);
  onTestFinished(() => opened.close());
  return opened;
}

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
    return { bucket: await openOn(server.endpoint, bucket), fill: async (names) => server.fill(bucket, names) };
  }, MANY_IN_GCS);

  const crc32c = new CRC32C();
  crc32c.update(Buffer.from('picture'));
  const stored = { name: 'edge-1/line/a/front.jpg', size: '7', crc32c: crc32c.toString() };
  bucketFailuresContract({
    openOn: async (endpoint, timeoutMs) => openOn(endpoint, 'inspections', timeoutMs),
    openReal: async () => openOn(server.endpoint, await server.createBucket()),
    host: () => server.host,
    goAway: async () => server.goAway(),
    comeBack: async () => server.comeBack(),
    headersOfPicture: (bytes) => ({ 'content-length': `${bytes}`, 'x-goog-hash': 'crc32c=AAAAAA==' }),
    confirm: { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(stored) },
  });

  it('names the bucket that does not exist, and does not create it', async () => {
    const bucket = await openOn(server.endpoint, 'forgotten');
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
    const options = GcpBucketOptions.parse({ bucket: 'forgotten', endpoint: server.endpoint });
    const opened = await openGcpBucket(options, { ...rootless, env: { GCP_BUCKET_NAME: bucket } });
    onTestFinished(() => opened.close());
    await put(opened);
    expect(await server.mediaTypeOf(bucket, 'edge-1/line/a/front.jpg')).toBe('image/jpeg');
  });
});

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openS3Bucket, S3BucketOptions } from '../../buckets/s3-bucket.ts';
import { type S3Server, startS3Server } from '../../buckets/s3-server.test-support.ts';
import { rootless } from '../../ports/context.test-support.ts';
import { metadataStorageContract } from '../../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../../ports/metadata-storage.ts';
import { metadataInBucketTests, recordsInBucket } from './bucket-metadata.test-support.ts';
import { s3BucketMetadataStorage } from './s3-bucket-metadata-storage.ts';

const never = new AbortController().signal;
const env = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('S3 bucket as a metadata storage', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(async () => {
    await server.close();
  });

  const optionsFor = (bucket: string): S3BucketOptions => S3BucketOptions.parse({ bucket, endpoint: server.endpoint });
  const openIn = async (bucket: string, edgeName = 'edge-1'): Promise<MetadataStorage> => {
    const storage = await s3BucketMetadataStorage.open(optionsFor(bucket), { ...rootless, env, edgeName });
    onTestFinished(() => storage.close());
    return storage;
  };
  /** The bytes of an object, read past the storage. */
  const bytesIn = async (bucket: string, name: string): Promise<Buffer> => {
    const reader = await openS3Bucket(optionsFor(bucket), { ...rootless, env });
    onTestFinished(() => reader.close());
    return Buffer.from((await reader.get(name, never)) ?? []);
  };

  metadataStorageContract(async () => openIn(await server.createBucket()), {
    openHolding: recordsInBucket(() => server, openIn),
  });

  it('lives elsewhere and keeps all items', async () => {
    expect(s3BucketMetadataStorage.remote).toBe(true);
    expect((await openIn('any-bucket')).capacity).toBeNull();
  });

  metadataInBucketTests(() => server, openIn, bytesIn);
});

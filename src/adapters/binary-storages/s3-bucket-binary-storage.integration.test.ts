import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { S3BucketOptions } from '../../buckets/s3-bucket.ts';
import { type S3Server, startS3Server } from '../../buckets/s3-server.test-support.ts';
import { bucketHolding } from '../../buckets/store-server.test-support.ts';
import { binaryStorageContract } from '../../ports/binary-storage.contract.ts';
import type { BinaryStorage } from '../../ports/binary-storage.ts';
import { rootless } from '../../ports/context.test-support.ts';
import { binariesInBucketTests } from './bucket-binaries.test-support.ts';
import { s3BucketBinaryStorage } from './s3-bucket-binary-storage.ts';

const env = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('S3 bucket as a binary storage', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(async () => {
    await server.close();
  });

  const openIn = async (bucket: string, edgeName = 'edge-1'): Promise<BinaryStorage> => {
    const options = S3BucketOptions.parse({ bucket, endpoint: server.endpoint });
    const storage = await s3BucketBinaryStorage.open(options, { ...rootless, env, edgeName });
    onTestFinished(() => storage.close());
    return storage;
  };

  binaryStorageContract(async () => openIn(await server.createBucket()), {
    openHolding: async (keys) => openIn(await bucketHolding(server, keys)),
  });

  it('lives elsewhere', () => {
    expect(s3BucketBinaryStorage.remote).toBe(true);
  });

  binariesInBucketTests(() => server, openIn);
});

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GcpBucketOptions } from '../../buckets/gcp-bucket.ts';
import { type GcsServer, MANY_IN_GCS, startGcsServer, withoutGcs } from '../../buckets/gcs-server.test-support.ts';
import { bucketHolding } from '../../buckets/store-server.test-support.ts';
import { binaryStorageContract } from '../../ports/binary-storage.contract.ts';
import type { BinaryStorage } from '../../ports/binary-storage.ts';
import { rootless } from '../../ports/context.test-support.ts';
import { binariesInBucketTests } from './bucket-binaries.test-support.ts';
import { gcpBucketBinaryStorage } from './gcp-bucket-binary-storage.ts';

describe.skipIf(withoutGcs !== '')(`bucket of Google as a binary storage${withoutGcs}`, () => {
  let server: GcsServer;
  beforeAll(async () => {
    server = await startGcsServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const openIn = async (bucket: string, edgeName = 'edge-1'): Promise<BinaryStorage> => {
    const options = GcpBucketOptions.parse({ bucket, endpoint: server.endpoint });
    const storage = await gcpBucketBinaryStorage.open(options, { ...rootless, edgeName });
    onTestFinished(() => storage.close());
    return storage;
  };

  binaryStorageContract(async () => openIn(await server.createBucket()), {
    many: MANY_IN_GCS,
    openHolding: async (keys) => openIn(await bucketHolding(server, keys)),
  });

  it('lives elsewhere', () => {
    expect(gcpBucketBinaryStorage.remote).toBe(true);
  });

  binariesInBucketTests(() => server, openIn);
});

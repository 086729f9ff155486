import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GcpBucketOptions, openGcpBucket } from '../../buckets/gcp-bucket.ts';
import { type GcsServer, MANY_IN_GCS, startGcsServer, withoutGcs } from '../../buckets/gcs-server.test-support.ts';
import { rootless } from '../../ports/context.test-support.ts';
import { metadataStorageContract } from '../../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../../ports/metadata-storage.ts';
import { metadataInBucketTests, recordsInBucket } from './bucket-metadata.test-support.ts';
import { gcpBucketMetadataStorage } from './gcp-bucket-metadata-storage.ts';

const never = new AbortController().signal;
describe.skipIf(withoutGcs !== '')(`bucket of Google as a metadata storage${withoutGcs}`, () => {
  let server: GcsServer;
  beforeAll(async () => {
    server = await startGcsServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const optionsFor = (bucket: string): GcpBucketOptions =>
    GcpBucketOptions.parse({ bucket, endpoint: server.endpoint });
  const openIn = async (bucket: string, edgeName = 'edge-1'): Promise<MetadataStorage> => {
    const storage = await gcpBucketMetadataStorage.open(optionsFor(bucket), { ...rootless, edgeName });
    onTestFinished(() => storage.close());
    return storage;
  };
  /** The bytes of an object, read past the storage. */
  const bytesIn = async (bucket: string, name: string): Promise<Buffer> => {
    const reader = await openGcpBucket(optionsFor(bucket), rootless);
    onTestFinished(() => reader.close());
    return Buffer.from((await reader.get(name, never)) ?? []);
  };

  metadataStorageContract(async () => openIn(await server.createBucket()), {
    many: MANY_IN_GCS,
    openHolding: recordsInBucket(() => server, openIn),
  });

  it('lives elsewhere and keeps all items', async () => {
    expect(gcpBucketMetadataStorage.remote).toBe(true);
    expect((await openIn('any-bucket')).capacity).toBeNull();
  });

  metadataInBucketTests(() => server, openIn, bytesIn);
});

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AzureContainerOptions, openAzureContainer } from '../../buckets/azure-container.ts';
import { type AzureServer, startAzureServer } from '../../buckets/azurite.test-support.ts';
import { rootless } from '../../ports/context.test-support.ts';
import { metadataStorageContract } from '../../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../../ports/metadata-storage.ts';
import { azureContainerMetadataStorage } from './azure-container-metadata-storage.ts';
import { metadataInBucketTests, recordsInBucket } from './bucket-metadata.test-support.ts';

const never = new AbortController().signal;

describe('container of Azure as a metadata storage', () => {
  let server: AzureServer;
  beforeAll(async () => {
    server = await startAzureServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const envOf = () => ({ AZURE_STORAGE_CONNECTION_STRING: server.connection });
  const optionsFor = (bucket: string): AzureContainerOptions => AzureContainerOptions.parse({ container: bucket });
  const openIn = async (bucket: string, edgeName = 'edge-1'): Promise<MetadataStorage> => {
    const storage = await azureContainerMetadataStorage.open(optionsFor(bucket), {
      ...rootless,
      env: envOf(),
      edgeName,
    });
    onTestFinished(() => storage.close());
    return storage;
  };
  /** The bytes of an object, read past the storage. */
  const bytesIn = async (bucket: string, name: string): Promise<Buffer> => {
    const reader = await openAzureContainer(optionsFor(bucket), { ...rootless, env: envOf() });
    onTestFinished(() => reader.close());
    return Buffer.from((await reader.get(name, never)) ?? []);
  };

  metadataStorageContract(async () => openIn(await server.createBucket()), {
    openHolding: recordsInBucket(() => server, openIn),
  });

  it('lives elsewhere and keeps all items', async () => {
    expect(azureContainerMetadataStorage.remote).toBe(true);
    expect((await openIn('any-bucket')).capacity).toBeNull();
  });

  metadataInBucketTests(() => server, openIn, bytesIn);
});

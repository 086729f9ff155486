import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AzureContainerOptions } from '../../buckets/azure-container.ts';
import { type AzureServer, startAzureServer } from '../../buckets/azurite.test-support.ts';
import { bucketHolding } from '../../buckets/store-server.test-support.ts';
import { binaryStorageContract } from '../../ports/binary-storage.contract.ts';
import type { BinaryStorage } from '../../ports/binary-storage.ts';
import { rootless } from '../../ports/context.test-support.ts';
import { azureContainerBinaryStorage } from './azure-container-binary-storage.ts';
import { binariesInBucketTests } from './bucket-binaries.test-support.ts';

describe('container of Azure as a binary storage', () => {
  let server: AzureServer;
  beforeAll(async () => {
    server = await startAzureServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const openIn = async (bucket: string, edgeName = 'edge-1'): Promise<BinaryStorage> => {
    const env = { AZURE_STORAGE_CONNECTION_STRING: server.connection };
    const options = AzureContainerOptions.parse({ container: bucket });
    const storage = await azureContainerBinaryStorage.open(options, { ...rootless, env, edgeName });
    onTestFinished(() => storage.close());
    return storage;
  };

  binaryStorageContract(async () => openIn(await server.createBucket()), {
    openHolding: async (keys) => openIn(await bucketHolding(server, keys)),
  });

  it('lives elsewhere', () => {
    expect(azureContainerBinaryStorage.remote).toBe(true);
  });

  binariesInBucketTests(() => server, openIn);
});

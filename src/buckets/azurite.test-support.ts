import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ContainerClient } from '@azure/storage-blob';
import { freePort, openRelay, untilListening } from '../testing/network.test-support.ts';
import type { StoreServer } from './store-server.test-support.ts';

const ACCOUNT = 'station';

/** Long and unlike anything else, so that it is found wherever it must not be. */
export const ACCOUNT_KEY = Buffer.from('the-key-of-the-account-that-nobody-may-see').toString('base64');

/** A real server of Azure Blob Storage; it checks signatures. */
export interface AzureServer extends StoreServer {
  readonly host: string;
  /** What AZURE_STORAGE_CONNECTION_STRING says for it. */
  readonly connection: string;
}

export async function startAzureServer(): Promise<AzureServer> {
  const port = await freePort();
  const main = join(dirname(createRequire(import.meta.url).resolve('azurite/package.json')), 'dist/src/blob/main.js');
  const options = ['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent'];
  const server = spawn(process.execPath, [main, '--blobHost', '127.0.0.1', '--blobPort', `${port}`, ...options], {
    env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${ACCOUNT_KEY}` },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await untilListening(port);
  const relay = await openRelay(port);
  const direct = connectionTo(`http://127.0.0.1:${port}`);
  let containers = 0;
  return {
    host: `127.0.0.1:${relay.port}`,
    connection: connectionTo(`http://127.0.0.1:${relay.port}`),
    async createBucket() {
      containers += 1;
      const container = `container-${containers}`;
      await new ContainerClient(direct, container).create();
      return container;
    },
    async fill(container, names) {
      const client = new ContainerClient(direct, container);
      for (let first = 0; first < names.length; first += 50) {
        const some = names.slice(first, first + 50);
        await Promise.all(some.map(async (name) => client.getBlockBlobClient(name).upload('x', 1)));
      }
    },
    async mediaTypeOf(container, name) {
      return (await new ContainerClient(direct, container).getBlobClient(name).getProperties()).contentType;
    },
    goAway: relay.goAway,
    comeBack: relay.comeBack,
    async close() {
      await relay.close();
      server.kill();
      await ended;
    },
  };
}

/** The connection string of the account at an address, with its key. */
export function connectionTo(endpoint: string, key = ACCOUNT_KEY): string {
  return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=${endpoint}/${ACCOUNT};`;
}

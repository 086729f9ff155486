import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { ContainerClient, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import { z } from 'zod';
import { AppError, messageOf } from '../domain/errors.ts';
import { loadSdk } from '../environment/sdk.ts';
import { secretOf } from '../environment/secret.ts';
import type { AdapterContext } from '../ports/context.ts';
import { azureError, isNoSuchBlob, storeOfAzure } from './azure-error.ts';
import { CONNECTIONS, requestsTo } from './bounded-request.ts';
import { type Bucket, everyObject, prefixOf } from './bucket.ts';
import { RequestTimeout } from './request-timeout.ts';
import { notWhole, strangeAnswer } from './store-error.ts';

const ContainerName = z.string().regex(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, {
  error: 'expected the name of a container: 3 to 63 lower-case letters, digits and single hyphens',
});

export const AzureContainerOptions = z
  .strictObject({
    container: ContainerName.optional().meta({
      title: 'Container',
      description:
        'Must exist already; several stations may share it. AZURE_CONTAINER_NAME of the environment wins over it.',
    }),
    timeout_ms: RequestTimeout,
  })
  .meta({
    title: 'A container of Azure Blob Storage',
    description:
      'AZURE_STORAGE_CONNECTION_STRING (or …_FILE) of the environment, with an account key or a signature that allows to read, write, delete and list.',
  });
export type AzureContainerOptions = z.output<typeof AzureContainerOptions>;

/**
 * Opens a container without asking the network. Rejects with `CONFIG_INVALID` only where the SDK is not installed; where
 * the connection string or the name is missing or none, every call rejects with what to set. The container is never created:
 * a misspelt name is told, not filled.
 */
export async function openAzureContainer(
  { container: fromFile, timeout_ms }: AzureContainerOptions,
  { env, edgeName }: Pick<AdapterContext, 'env' | 'edgeName'>,
): Promise<Bucket> {
  const sdk = await loadSdk('@azure/storage-blob', () => import('@azure/storage-blob'));
  const container = env.AZURE_CONTAINER_NAME ?? fromFile ?? '';
  const agents = { 'http:': new Agent(CONNECTIONS), 'https:': new TlsAgent(CONNECTIONS) };
  const { client, secrets, problem } = await connected();
  const store = storeOfAzure(container, client === null ? 'Azure' : new URL(client.url).host, secrets);
  const { ask, close } = requestsTo({
    host: store.host,
    timeoutMs: timeout_ms,
    problem,
    errorOf: (what, error) => azureError(what, error, store),
  });

  async function connected(): Promise<Connection> {
    const none = { client: null, secrets: [] };
    try {
      const connection = (await secretOf(env, 'AZURE_STORAGE_CONNECTION_STRING')) ?? '';
      if (connection === '' || container === '') return { ...none, problem: missing(connection, container) };
      if (!ContainerName.safeParse(container).success) {
        return { ...none, problem: 'AZURE_CONTAINER_NAME is not the name of a container' };
      }
      const secretsInside = secretsOf(connection);
      try {
        const isPlain = new URL(new sdk.ContainerClient(connection, container).url).protocol === 'http:';
        const options = {
          agent: agents[isPlain ? 'http:' : 'https:'],
          // whoever feeds a remote store repeats, and knows for how long
          retryOptions: { maxTries: 1 },
          // what answers in the place of a store may send us anywhere
          redirectOptions: { maxRetries: 0 },
        };
        const opened = new sdk.ContainerClient(connection, container, options);
        return { client: opened, secrets: secretsInside, problem: null };
      } catch {
        // the sentence of the library is dropped: it may repeat a part of what is secret
        const problem = 'AZURE_STORAGE_CONNECTION_STRING is not the connection string of a storage account';
        return { ...none, problem };
      }
    } catch (error) {
      return { ...none, problem: messageOf(error) };
    }
  }

  /** Only a call without a problem comes here, and then there is a client. */
  function opened(): ContainerClient {
    if (client === null) throw new AppError('INTERNAL', 'the container was not opened');
    return client;
  }

  async function list(prefix: string, maxPageSize: number, token: string | undefined, signal: AbortSignal) {
    const what = `${store.bucket} could not be listed`;
    const settings = { maxPageSize, ...(token === undefined ? {} : { continuationToken: token }) };
    const page = await ask(what, signal, async (abortSignal) => {
      const answer = await opened().listBlobsFlat({ prefix, abortSignal }).byPage(settings).next();
      return answer.value as Partial<ContainerListBlobFlatSegmentResponse> | undefined;
    });
    // a page that a proxy or a portal answers with is no list: it does not repeat what was asked
    const blobs = page?.containerName === container ? page.segment?.blobItems : undefined;
    const next = page?.continuationToken || undefined;
    if (blobs === undefined || (next !== undefined && next === token)) throw strangeAnswer(what, store);
    const objects = blobs.map(({ name, properties }) => ({ name, bytes: properties.contentLength ?? 0 }));
    return { objects, next };
  }

  return {
    async put(name, bytes, mediaType, signal) {
      const what = `${name} could not be put into ${store.bucket}`;
      await ask(what, signal, async (abortSignal) => {
        const md5 = md5Of(bytes);
        const answer = await opened()
          .getBlockBlobClient(name)
          .upload(bytes, bytes.byteLength, {
            abortSignal,
            transactionalContentMD5: md5,
            blobHTTPHeaders: { blobContentType: mediaType, blobContentMD5: md5 },
          });
        if (answer.etag === undefined || answer.requestId === undefined) throw strangeAnswer(what, store);
      });
    },
    async get(name, signal) {
      const what = `${name} could not be read from ${store.bucket}`;
      return await ask(what, signal, async (abortSignal) => {
        try {
          const answer = await opened()
            .getBlobClient(name)
            .download(0, undefined, { abortSignal, maxRetryRequests: 0 });
          const { readableStreamBody, contentLength, contentMD5, etag, requestId } = answer;
          if (readableStreamBody === undefined || etag === undefined || requestId === undefined) {
            throw strangeAnswer(what, store);
          }
          const bytes = await buffer(readableStreamBody);
          const isWhole = bytes.byteLength === contentLength;
          // what others have put there in blocks has no MD5
          if (!isWhole || (contentMD5 !== undefined && !md5Of(bytes).equals(contentMD5))) throw notWhole(what, store);
          return bytes;
        } catch (error) {
          if (isNoSuchBlob(error)) return undefined;
          throw error;
        }
      });
    },
    async delete(name, signal) {
      const what = `${name} could not be deleted from ${store.bucket}`;
      await ask(what, signal, async (abortSignal) => {
        try {
          await opened().getBlobClient(name).delete({ abortSignal });
        } catch (error) {
          if (!isNoSuchBlob(error)) throw error;
        }
      });
    },
    iterate: (prefix, signal) => everyObject(prefix, (token) => list(prefix, 1000, token, signal)),
    // only a put would prove that one is allowed, and it would leave an object behind
    async check(signal) {
      await list(prefixOf(edgeName), 1, undefined, signal);
    },
    async close() {
      close();
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** A client where all that it needs is given, else what is missing. */
interface Connection {
  readonly client: ContainerClient | null;
  /** What of the connection string must not be seen. */
  readonly secrets: readonly string[];
  readonly problem: string | null;
}

function missing(connection: string, container: string): string {
  const name = 'AZURE_CONTAINER_NAME, or "container" in edge.json';
  if (connection !== '') return `set ${name}`;
  return `set AZURE_STORAGE_CONNECTION_STRING${container === '' ? `, and ${name}` : ''}`;
}

function md5Of(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

/** The connection string, its key or its signature, each as it may be repeated somewhere. */
function secretsOf(connection: string): readonly string[] {
  const found = [connection];
  for (const [, key = '', value = ''] of connection.matchAll(/(?:^|;)\s*(AccountKey|SharedAccessSignature)=([^;]*)/g)) {
    found.push(value);
    const signature = key === 'SharedAccessSignature' ? new URLSearchParams(value).get('sig') : null;
    if (signature !== null) found.push(signature, encodeURIComponent(signature));
  }
  return found.filter((secret) => secret !== '');
}

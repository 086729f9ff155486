import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { z } from 'zod';
import { messageOf } from '../domain/errors.ts';
import { loadSdk } from '../environment/sdk.ts';
import type { AdapterContext } from '../ports/context.ts';
import { CONNECTIONS, requestsTo } from './bounded-request.ts';
import { type Bucket, everyObject, prefixOf } from './bucket.ts';
import { answerError, gcpError, isNotFound, storeOfGcp } from './gcp-error.ts';
import { type HttpAnswer, type HttpRequest, sendRequest } from './http-request.ts';
import { RequestTimeout } from './request-timeout.ts';
import { notWhole, strangeAnswer } from './store-error.ts';

const GOOGLE = 'https://storage.googleapis.com';

const BucketName = z.string().regex(/^(?!.*\.\.)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, {
  error: 'expected the name of a bucket: 3 or more lower-case letters, digits, dots, "-" and "_"',
});

export const GcpBucketOptions = z
  .strictObject({
    bucket: BucketName.optional().meta({
      title: 'Bucket',
      description:
        'Must exist already; several stations may share it. GCP_BUCKET_NAME of the environment wins over it.',
    }),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({
        title: 'Address',
        description: 'Of a private endpoint or an emulator, which may do without credentials; absent: Google itself.',
      }),
    timeout_ms: RequestTimeout,
  })
  .meta({
    title: 'A bucket of Google Cloud Storage',
    description:
      'GOOGLE_APPLICATION_CREDENTIALS of the environment names a key file that must allow to create, get, delete and list objects.',
  });
export type GcpBucketOptions = z.output<typeof GcpBucketOptions>;

/** What of an object, or of a page of objects, is read from an answer. */
const StoredMetadata = z.object({ name: z.string(), size: z.coerce.number(), crc32c: z.string().optional() });
const Page = z.object({
  kind: z.literal('storage#objects'),
  items: z.array(StoredMetadata).default([]),
  nextPageToken: z.string().optional(),
});

/** A key file: what is not to be seen of it, and where its tokens come from. */
const KeyFile = z.looseObject({
  type: z.string(),
  token_uri: z.url().optional(),
  private_key: z.string().optional(),
  client_secret: z.string().optional(),
  refresh_token: z.string().optional(),
});

/**
 * Opens a bucket without asking the network. Rejects with `CONFIG_INVALID` only where the SDK is not installed; where the
 * name or the key file is missing, every call rejects with what to set. The metadata server of Google's machines is never asked.
 *
 * The SDK knows the credentials and the checksum. Its requests can be neither called off nor held to some connections, so
 * these are ours.
 */
export async function openGcpBucket(
  { bucket: fromFile, endpoint, timeout_ms }: GcpBucketOptions,
  { env, edgeName }: Pick<AdapterContext, 'env' | 'edgeName'>,
): Promise<Bucket> {
  const sdk = await loadSdk('@google-cloud/storage', () => import('@google-cloud/storage'));
  const bucket = env.GCP_BUCKET_NAME ?? fromFile ?? '';
  const address = new URL(endpoint ?? GOOGLE);
  const { keyFile, problem } = await credentialsOf(env, bucket, endpoint === undefined);
  const secrets = [keyFile?.private_key, keyFile?.client_secret, keyFile?.refresh_token].filter(
    (one) => one !== undefined,
  );
  const store = storeOfGcp(bucket, address.host, secrets);
  const agent = address.protocol === 'https:' ? new TlsAgent(CONNECTIONS) : new Agent(CONNECTIONS);
  // a project that is given is never looked for, neither in files nor in the network
  const auth = keyFile === null ? null : new sdk.Storage({ projectId: 'none' }).authClient;
  // as an option of the constructor it would make the library write a warning to the console
  if (auth !== null) auth.jsonContent = keyFile as typeof auth.jsonContent;
  const { ask, close } = requestsTo({
    host: store.host,
    timeoutMs: timeout_ms,
    problem,
    errorOf: (what, error) => gcpError(what, error, store),
  });

  function checksumOf(bytes: Uint8Array): string {
    const crc32c = new sdk.CRC32C();
    crc32c.update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return crc32c.toString();
  }

  async function authorization(what: string): Promise<string> {
    if (auth === null) return '';
    try {
      return `Bearer ${(await auth.getAccessToken()) ?? ''}`;
    } catch (error) {
      const host = new URL(keyFile?.token_uri ?? 'https://oauth2.googleapis.com').host;
      throw gcpError(what, error, { ...store, host });
    }
  }

  async function send(what: string, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const token = await authorization(what);
    // an object that somebody has stored compressed comes as it is, so that length and checksum are its own
    const headers = {
      ...request.headers,
      'accept-encoding': 'gzip',
      ...(token === '' ? {} : { authorization: token }),
    };
    const answer = await sendRequest({ ...request, headers }, agent, signal);
    if (answer.status === 200 || answer.status === 204) return answer;
    throw answerError(answer, token === '' ? secrets : [...secrets, token.slice('Bearer '.length)]);
  }

  function urlOf(path: string, query: Readonly<Record<string, string>> = {}): URL {
    const url = new URL(`${address.pathname.replace(/\/$/, '')}${path}`, address.origin);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  const objects = `/storage/v1/b/${bucket}/o`;
  const urlOfObject = (name: string, query = {}): URL => urlOf(`${objects}/${encodeURIComponent(name)}`, query);

  async function pageOf(what: string, query: Readonly<Record<string, string>>, signal: AbortSignal) {
    const { body } = await send(what, { method: 'GET', url: urlOf(objects, query), headers: {} }, signal);
    const page = Page.safeParse(jsonOf(body));
    const isAgain = page.data?.nextPageToken !== undefined && page.data.nextPageToken === query.pageToken;
    if (!page.success || isAgain) throw strangeAnswer(what, store);
    return page.data;
  }

  /** Runs what may find no object; undefined when the store itself says so: it is asked for a list, as a 404 may come from anywhere. */
  async function unlessAbsent<Found>(what: string, name: string, signal: AbortSignal, run: () => Promise<Found>) {
    try {
      return await run();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const { items } = await pageOf(what, { prefix: name, maxResults: '1' }, signal);
      if (items.some((item) => item.name === name)) throw strangeAnswer(what, store);
      return undefined;
    }
  }

  async function list(query: Readonly<Record<string, string>>, signal: AbortSignal) {
    const what = `${store.bucket} could not be listed`;
    return await ask(what, signal, async (abortSignal) => pageOf(what, query, abortSignal));
  }

  return {
    async put(name, bytes, mediaType, signal) {
      const what = `${name} could not be put into ${store.bucket}`;
      await ask(what, signal, async (abortSignal) => {
        const crc32c = checksumOf(bytes);
        const boundary = randomUUID();
        const metadata = JSON.stringify({ name, contentType: mediaType, crc32c });
        const answer = await send(
          what,
          {
            method: 'POST',
            url: urlOf(`/upload${objects}`, { uploadType: 'multipart' }),
            headers: { 'content-type': `multipart/related; boundary=${boundary}` },
            body: [
              Buffer.from(`--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${metadata}\r\n`),
              Buffer.from(`--${boundary}\r\ncontent-type: ${mediaType}\r\n\r\n`),
              bytes,
              Buffer.from(`\r\n--${boundary}--\r\n`),
            ],
          },
          abortSignal,
        );
        const { data } = StoredMetadata.safeParse(jsonOf(answer.body));
        const isStored = data?.name === name && data.size === bytes.byteLength && data.crc32c === crc32c;
        if (!isStored) throw strangeAnswer(what, store);
      });
    },
    async get(name, signal) {
      const what = `${name} could not be read from ${store.bucket}`;
      return await ask(what, signal, async (abortSignal) =>
        unlessAbsent(what, name, abortSignal, async () => {
          const url = urlOfObject(name, { alt: 'media' });
          const { headers, body } = await send(what, { method: 'GET', url, headers: {} }, abortSignal);
          const crc32c = /crc32c=([^,\s]+)/.exec(String(headers['x-goog-hash'] ?? ''))?.[1];
          const isWhole = headers['content-length'] === `${body.byteLength}` && crc32c !== undefined;
          if (!isWhole || checksumOf(body) !== crc32c) throw notWhole(what, store);
          return body;
        }),
      );
    },
    async delete(name, signal) {
      const what = `${name} could not be deleted from ${store.bucket}`;
      await ask(what, signal, async (abortSignal) =>
        unlessAbsent(what, name, abortSignal, async () => {
          const answer = await send(what, { method: 'DELETE', url: urlOfObject(name), headers: {} }, abortSignal);
          // an emulator confirms with the text "null"; a page that a portal answers with has status 200 as well
          if (answer.status !== 204 && answer.body.toString().trim() !== 'null') throw strangeAnswer(what, store);
        }),
      );
    },
    iterate: (prefix, signal) =>
      everyObject(prefix, async (token) => {
        const query = { prefix, maxResults: '1000', fields: 'kind,nextPageToken,items(name,size)' };
        const page = await list(token === undefined ? query : { ...query, pageToken: token }, signal);
        return { objects: page.items.map(({ name, size }) => ({ name, bytes: size })), next: page.nextPageToken };
      }),
    // only a put would prove that one is allowed, and it would leave an object behind
    async check(signal) {
      await list({ prefix: prefixOf(edgeName), maxResults: '1' }, signal);
    },
    async close() {
      close();
      agent.destroy();
    },
  };
}

async function credentialsOf(
  env: AdapterContext['env'],
  bucket: string,
  areNeeded: boolean,
): Promise<{ readonly keyFile: z.output<typeof KeyFile> | null; readonly problem: string | null }> {
  const path = env.GOOGLE_APPLICATION_CREDENTIALS ?? '';
  const [keyFile, problem] = path === '' ? [null, null] : await keyFileOf(path);
  if (problem !== null) return { keyFile, problem };
  if (path === '' && areNeeded) {
    return { keyFile, problem: 'set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file' };
  }
  if (bucket === '') return { keyFile, problem: 'set GCP_BUCKET_NAME, or "bucket" in edge.json' };
  const isName = BucketName.safeParse(bucket).success;
  return { keyFile, problem: isName ? null : 'GCP_BUCKET_NAME is not the name of a bucket' };
}

async function keyFileOf(path: string): Promise<[z.output<typeof KeyFile> | null, string | null]> {
  const file = 'the file that GOOGLE_APPLICATION_CREDENTIALS names';
  try {
    const parsed = KeyFile.safeParse(jsonOf(await readFile(path)));
    return parsed.success ? [parsed.data, null] : [null, `${file} is not a key file`];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
    return [null, `${file} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}`];
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

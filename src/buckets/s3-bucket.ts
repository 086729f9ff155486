import { z } from 'zod';
import { messageOf } from '../domain/errors.ts';
import { loadSdk } from '../environment/sdk.ts';
import { secretOf } from '../environment/secret.ts';
import type { AdapterContext } from '../ports/context.ts';
import { CONNECTIONS, requestsTo } from './bounded-request.ts';
import { type Bucket, everyObject, prefixOf } from './bucket.ts';
import { RequestTimeout } from './request-timeout.ts';
import { isNoSuchObject, s3Error, storeOfS3 } from './s3-error.ts';
import { notWhole, strangeAnswer } from './store-error.ts';

export const S3BucketOptions = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
        error: 'expected the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
      })
      .meta({ title: 'Bucket', description: 'Must exist already; several stations may share it.' }),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ title: 'Address', description: 'Of a store that speaks the protocol of S3; absent: AWS itself.' }),
    region: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/)
      .default('us-east-1')
      .meta({ title: 'Region', description: 'Where the bucket is; most stores other than AWS take any.' }),
    path_style: z.boolean().optional().meta({
      title: 'Bucket in the path',
      description:
        'Whether the bucket stands in the path of an address or in its host name; absent: in the path where "endpoint" is given.',
    }),
    timeout_ms: RequestTimeout,
  })
  .meta({
    title: 'A bucket of S3, or of any store that speaks its protocol',
    description:
      'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (or …_FILE) of the environment must allow s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket.',
  });
export type S3BucketOptions = z.output<typeof S3BucketOptions>;

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Opens a bucket without asking the network. Rejects with `CONFIG_INVALID` only where the SDK is not installed; where
 * credentials are missing, every call rejects with what to set. A request that waits for one of the 16 connections uses up its time.
 */
export async function openS3Bucket(
  { bucket, endpoint, region, path_style, timeout_ms }: S3BucketOptions,
  { env, edgeName }: Pick<AdapterContext, 'env' | 'edgeName'>,
): Promise<Bucket> {
  const sdk = await loadSdk('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));
  const url = endpoint === undefined ? undefined : withoutUser(endpoint);
  const { credentials, problem } = await credentialsOf(env);
  const secrets = Object.values(credentials).filter((secret) => secret !== '');
  const store = storeOfS3(bucket, url?.host ?? `AWS (${region})`, region, secrets);
  const client = new sdk.S3Client({
    ...(url === undefined ? {} : { endpoint: url.href }),
    region,
    credentials,
    forcePathStyle: path_style ?? url !== undefined,
    requestHandler: {
      httpAgent: CONNECTIONS,
      httpsAgent: CONNECTIONS,
      logger: SILENT,
    },
    logger: SILENT,
    // whoever feeds a remote store repeats, and knows for how long
    maxAttempts: 1,
    // checksums in trailers are unknown to many stores; the signature covers the SHA-256 of what is sent
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // the library would open a connection of its own, outside the bound, for each object above 2 MB
    expectContinueHeader: false,
    // what follows keeps the environment and the files of whoever runs the process out of it
    ignoreConfiguredEndpointUrls: true,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    disableS3ExpressSessionAuth: true,
  });
  const { ask, close } = requestsTo({
    host: store.host,
    timeoutMs: timeout_ms,
    problem,
    errorOf: (what, error) => s3Error(what, error, store),
  });

  async function list(prefix: string, maxKeys: number, token: string | undefined, signal: AbortSignal) {
    const what = `${store.bucket} could not be listed`;
    const page = await ask(what, signal, async (abortSignal) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: maxKeys,
          // a name with a letter that XML forbids would make the whole page unreadable
          EncodingType: 'url',
          ContinuationToken: token,
        }),
        { abortSignal },
      ),
    );
    const { IsTruncated: isTruncated, NextContinuationToken: next, Contents: objects = [], EncodingType } = page;
    const goesOn = isTruncated === true;
    if (isTruncated === undefined || (goesOn && (next === undefined || next === token)))
      throw strangeAnswer(what, store);
    const decode = EncodingType === 'url' ? decodedName : (name: string | undefined) => name;
    const found = objects.map(({ Key, Size = 0 }) => ({ name: decode(Key), bytes: Size }));
    return { objects: found, next: goesOn ? next : undefined };
  }

  return {
    async put(name, bytes, mediaType, signal) {
      const what = `${name} could not be put into ${store.bucket}`;
      const answer = await ask(what, signal, async (abortSignal) =>
        client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: name, Body: bytes, ContentType: mediaType }), {
          abortSignal,
        }),
      );
      // a page that a proxy or a portal answers with has status 200 too, and no ETag
      if (answer.ETag === undefined) throw strangeAnswer(what, store);
    },
    async get(name, signal) {
      const what = `${name} could not be read from ${store.bucket}`;
      return await ask(what, signal, async (abortSignal) => {
        try {
          const answer = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: name }), { abortSignal });
          const bytes = await answer.Body?.transformToByteArray();
          if (bytes === undefined || answer.ETag === undefined) throw strangeAnswer(what, store);
          // without a length, an answer that was cut off looks like one that is whole
          if (bytes.byteLength === answer.ContentLength) return bytes;
          throw notWhole(what, store);
        } catch (error) {
          if (isNoSuchObject(error)) return undefined;
          throw error;
        }
      });
    },
    async delete(name, signal) {
      const what = `${name} could not be deleted from ${store.bucket}`;
      await ask(what, signal, async (abortSignal) => {
        try {
          const answer = await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: name }), { abortSignal });
          // a page that a proxy or a portal answers with has another status
          if (answer.$metadata.httpStatusCode !== 204) throw strangeAnswer(what, store);
        } catch (error) {
          if (!isNoSuchObject(error)) throw error;
        }
      });
    },
    iterate: (prefix, signal) => everyObject(prefix, (token) => list(prefix, 1000, token, signal)),
    // Only a put would prove that one is allowed, and it would leave an object behind. A HEAD of the bucket asks the same
    // permission as this list, but its answers have no body: nothing could say why.
    async check(signal) {
      await list(prefixOf(edgeName), 1, undefined, signal);
    },
    async close() {
      close();
      client.destroy();
    },
  };
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {}, trace() {} };

/** An address never carries credentials here: the protocol has no place for them, and messages would show them. */
function withoutUser(endpoint: string): URL {
  const url = new URL(endpoint);
  url.username = '';
  url.password = '';
  return url;
}

async function credentialsOf(
  env: AdapterContext['env'],
): Promise<{ readonly credentials: Credentials; readonly problem: string | null }> {
  try {
    const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = await Promise.all([
      secretOf(env, 'AWS_ACCESS_KEY_ID'),
      secretOf(env, 'AWS_SECRET_ACCESS_KEY'),
      secretOf(env, 'AWS_SESSION_TOKEN'),
    ]);
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) };
    const isMissing = accessKeyId === '' || secretAccessKey === '';
    return { credentials, problem: isMissing ? 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY' : null };
  } catch (error) {
    return { credentials: { accessKeyId: '', secretAccessKey: '' }, problem: messageOf(error) };
  }
}

/** A name as it was before it was encoded for an answer; undefined where it was not. */
function decodedName(name: string | undefined): string | undefined {
  try {
    return name === undefined ? undefined : decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { rootless, temporaryFolder } from '../ports/context.test-support.ts';
import { alwaysAnswer, answerInstead } from '../testing/network.test-support.ts';
import { AzureContainerOptions, openAzureContainer } from './azure-container.ts';
import { ACCOUNT_KEY, type AzureServer, connectionTo, startAzureServer } from './azurite.test-support.ts';
import { bucketContract } from './bucket.contract.ts';
import type { Bucket } from './bucket.ts';
import { bucketFailuresContract, expectAllToFail, listed, put } from './bucket-failures.contract.ts';

const never = new AbortController().signal;
const ANSWERED = { etag: '"1"', 'x-ms-request-id': '1', 'x-ms-version': '2026-01-01' };

async function openOn(
  env: Readonly<Record<string, string>>,
  options: { readonly container?: string; readonly timeout_ms?: number } = { container: 'inspections' },
): Promise<Bucket> {
  const bucket = await openAzureContainer(AzureContainerOptions.parse(options), { ...rootless, env });
  onTestFinished(() => bucket.close());
  return bucket;
}

function xmlError(code: string, message = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

/** An error as the store answers with it. */
function answerOf(code: string) {
  return { headers: { 'content-type': 'application/xml', 'x-ms-error-code': code, ...ANSWERED }, body: xmlError(code) };
}

describe('container of Azure', () => {
  let server: AzureServer;
  beforeAll(async () => {
    server = await startAzureServer();
  });
  afterAll(async () => {
    await server.close();
  });
  const openReal = async (container: string): Promise<Bucket> =>
    openOn({ AZURE_STORAGE_CONNECTION_STRING: server.connection, AZURE_CONTAINER_NAME: container });

  bucketContract(async () => {
    const container = await server.createBucket();
    return { bucket: await openReal(container), fill: async (names) => server.fill(container, names) };
  });

  bucketFailuresContract({
    openOn: async (endpoint, timeout_ms = 30_000) =>
      openOn({ AZURE_STORAGE_CONNECTION_STRING: connectionTo(endpoint) }, { container: 'inspections', timeout_ms }),
    openReal: async () => openReal(await server.createBucket()),
    host: () => server.host,
    goAway: async () => server.goAway(),
    comeBack: async () => server.comeBack(),
    refusals: [
      { status: 403, code: 'AuthenticationFailed', sentence: 'check AZURE_STORAGE_CONNECTION_STRING, what it allows' },
      { status: 403, code: 'AuthorizationPermissionMismatch', sentence: 'check AZURE_STORAGE_CONNECTION_STRING' },
      { status: 401, code: 'NoAuthenticationInformation', sentence: 'check AZURE_STORAGE_CONNECTION_STRING' },
    ],
    errorOf: (_status, code) => answerOf(code),
    headersOfPicture: (bytes) => ({ ...ANSWERED, 'content-length': `${bytes}` }),
    confirm: { status: 201, headers: ANSWERED, body: '' },
  });

  it('names the container that does not exist, and does not create it', async () => {
    const bucket = await openReal('forgotten');
    const sentence = `there is no container "forgotten" at ${server.host}: create it, or check AZURE_CONTAINER_NAME`;
    for (const call of [async () => put(bucket), async () => bucket.get('a', never), async () => bucket.check(never)]) {
      await expect(call()).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        message: expect.stringContaining(sentence),
      });
    }
  });

  it('sends the MD5 of a picture, so that damage on the way is refused', async () => {
    const sent: (string | string[] | undefined)[] = [];
    const { endpoint } = await answerInstead((request, response) => {
      sent.push(request.headers['content-md5']);
      request.resume().on('end', () => {
        response.writeHead(400, { ...ANSWERED, 'content-type': 'application/xml' }).end(xmlError('Md5Mismatch'));
      });
    });
    const writing = put(await openOn({ AZURE_STORAGE_CONNECTION_STRING: connectionTo(endpoint) }));
    await expect(writing).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(writing).rejects.toThrow('did not reach');
    const md5 = createHash('md5').update('picture').digest('base64');
    expect(sent).toEqual([md5]);
  });

  it('never gives a picture that has changed on the way', async () => {
    const { endpoint } = await answerInstead((_request, response) => {
      const headers = { ...ANSWERED, 'content-length': '4', 'content-md5': Buffer.alloc(16).toString('base64') };
      response.writeHead(200, headers).end('pict');
    });
    const reading = (await openOn({ AZURE_STORAGE_CONNECTION_STRING: connectionTo(endpoint) })).get('a', never);
    await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('does not list for ever when the store gives the same page again and again', async () => {
    const list =
      '<EnumerationResults ContainerName="inspections"><Blobs/><NextMarker>1</NextMarker></EnumerationResults>';
    const { endpoint } = await alwaysAnswer(200, list, { 'content-type': 'application/xml', ...ANSWERED });
    const bucket = await openOn({ AZURE_STORAGE_CONNECTION_STRING: connectionTo(endpoint) });
    await expect(listed(bucket.iterate('', never))).rejects.toThrow('does not answer as Azure Blob Storage');
  });

  it.each([
    [409, 'ContainerBeingDeleted', 'STORAGE_FAILED', 'cannot serve it now (ContainerBeingDeleted)'],
    [503, 'ServerBusy', 'STORAGE_FAILED', 'cannot serve it now (ServerBusy)'],
    [500, 'InternalError', 'STORAGE_FAILED', 'cannot serve it now'],
    [409, 'WhateverComes', 'STORAGE_FAILED', 'answers WhateverComes with status 409'],
    [413, 'RequestBodyTooLarge', 'REFUSED', 'refuses it for container "inspections" (RequestBodyTooLarge)'],
    [400, 'InvalidResourceName', 'REFUSED', 'edge-1/line/a/front.jpg could not be put'],
  ])('reads the answer %i %s as %s', async (status, code, expected, sentence) => {
    const { headers, body } = answerOf(code);
    const { endpoint } = await alwaysAnswer(status, body, headers);
    const writing = put(await openOn({ AZURE_STORAGE_CONNECTION_STRING: connectionTo(endpoint) }));
    await expect(writing).rejects.toMatchObject({ code: expected });
    await expect(writing).rejects.toThrow(sentence);
  });

  describe('its connection string', () => {
    it('with a wrong key is refused', async () => {
      const wrong = Buffer.from('another key').toString('base64');
      const connection = server.connection.replace(ACCOUNT_KEY, wrong);
      const container = await server.createBucket();
      const bucket = await openOn({ AZURE_STORAGE_CONNECTION_STRING: connection, AZURE_CONTAINER_NAME: container });
      const message = expect.stringContaining(`${server.host} refuses the credentials`);
      await expectAllToFail(bucket, { code: 'STORAGE_FAILED', message });
    });

    const somewhere = { AZURE_STORAGE_CONNECTION_STRING: connectionTo('http://127.0.0.1:1') };
    it.each([
      {
        sentence: 'set AZURE_STORAGE_CONNECTION_STRING, and AZURE_CONTAINER_NAME, or "container" in edge.json',
        env: {},
        options: {},
      },
      { sentence: 'set AZURE_STORAGE_CONNECTION_STRING', env: {}, options: { container: 'inspections' } },
      { sentence: 'set AZURE_CONTAINER_NAME', env: somewhere, options: {} },
      {
        sentence: 'AZURE_STORAGE_CONNECTION_STRING is not the connection string of a storage account',
        env: { AZURE_STORAGE_CONNECTION_STRING: 'hunter2', AZURE_CONTAINER_NAME: 'inspections' },
        options: {},
      },
      {
        sentence: 'AZURE_CONTAINER_NAME is not the name of a container',
        env: { ...somewhere, AZURE_CONTAINER_NAME: '../other' },
        options: { container: 'inspections' },
      },
      {
        sentence: 'the file that AZURE_STORAGE_CONNECTION_STRING_FILE names',
        env: { AZURE_STORAGE_CONNECTION_STRING_FILE: '/nowhere/connection' },
        options: { container: 'inspections' },
      },
    ])('and the name of the container are asked for by every call: $sentence', async ({ sentence, env, options }) => {
      const bucket = await openOn(env as Readonly<Record<string, string>>, options);
      const missing = { code: 'STORAGE_FAILED', message: expect.stringContaining(`: ${sentence}`) };
      await expectAllToFail(bucket, missing);
    });

    it('may be in a file that the environment names; the container of the environment wins over that of the file', async () => {
      const file = join(await temporaryFolder(), 'connection');
      await writeFile(file, `${server.connection}\n`);
      const container = await server.createBucket();
      const env = { AZURE_STORAGE_CONNECTION_STRING_FILE: file, AZURE_CONTAINER_NAME: container };
      await put(await openOn(env, { container: 'forgotten' }));
      expect(await server.mediaTypeOf(container, 'edge-1/line/a/front.jpg')).toBe('image/jpeg');
    });

    it('never shows in an error, wherever a store repeats it', async () => {
      const signature = 'sv=2026-01-01&sig=c2lnbmF0dXJl%2Bx%3D';
      const secrets = [ACCOUNT_KEY, signature, 'c2lnbmF0dXJl+x='];
      const { endpoint, host } = await answerInstead((request, response) => {
        const repeated = `${secrets.join()} ${request.url} ${JSON.stringify(request.headers)}`.replaceAll('&', '&amp;');
        response
          .writeHead(403, { 'content-type': 'application/xml', ...ANSWERED })
          .end(xmlError('AuthenticationFailed', repeated));
      });
      const signed = `BlobEndpoint=${endpoint}/station;SharedAccessSignature=${signature}`;
      for (const connection of [connectionTo(endpoint), signed]) {
        const own = connection === signed ? secrets.slice(1) : secrets.slice(0, 1);
        const bucket = await openOn({ AZURE_STORAGE_CONNECTION_STRING: connection });
        const everything = inspect(await put(bucket).catch((error: unknown) => error), { depth: 12, showHidden: true });
        expect(everything).toContain(host);
        expect(own.filter((secret) => everything.includes(secret))).toEqual([]);
      }
    });
  });

  it.each(['ab', 'Inspections', 'in_spections', '../other', 'a--b', '-ab', 'a'.repeat(64), ''])(
    'does not take %j for the name of a container',
    (container) => {
      expect(AzureContainerOptions.safeParse({ container }).success).toBe(false);
    },
  );
});

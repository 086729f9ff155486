import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { alwaysAnswer, answerInstead } from '../testing/network.test-support.ts';
import { expectAllToFail, listed, put } from './bucket-failures.contract.ts';
import { jsonError, openOn } from './gcp-bucket.test-support.ts';
import { GcpBucketOptions } from './gcp-bucket.ts';

const never = new AbortController().signal;

/** A key file of the kind whose tokens come from an address that it names itself. */
async function keyFileFor(tokenUrl: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'subject'), 'subject-token-of-the-plant');
  const key = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/plant/providers/plant',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: tokenUrl,
    credential_source: { file: join(folder, 'subject') },
  };
  await writeFile(join(folder, 'key.json'), JSON.stringify(key));
  return join(folder, 'key.json');
}

describe('the errors of a bucket of Google', () => {
  it.each([
    [403, 'rateLimitExceeded', 'STORAGE_FAILED', 'cannot serve it now (rateLimitExceeded)'],
    [503, 'backendError', 'STORAGE_FAILED', 'cannot serve it now (backendError)'],
    [404, 'notFound', 'STORAGE_FAILED', 'there is no bucket "inspections"'],
    [412, 'conditionNotMet', 'STORAGE_FAILED', 'answers conditionNotMet with status 412'],
    [400, 'invalid', 'REFUSED', 'refuses it for bucket "inspections" (invalid)'],
    [413, 'uploadTooLarge', 'REFUSED', 'edge-1/line/a/front.jpg could not be put'],
  ])('reads the answer %i %s as %s', async (status, reason, expected, sentence) => {
    const { endpoint } = await alwaysAnswer(status, jsonError(status, reason));
    const writing = put(await openOn({ bucket: 'inspections', endpoint }));
    await expect(writing).rejects.toMatchObject({ code: expected });
    await expect(writing).rejects.toThrow(sentence);
  });

  it('says that a picture was damaged on its way there, and on its way back', async () => {
    const { endpoint } = await answerInstead((request, response) => {
      const message = `Provided CRC32C "AAAAAA==" doesn't match calculated CRC32C "T3fd9w==".`;
      request.resume().on('end', () => {
        if (request.method === 'POST') response.writeHead(400).end(jsonError(400, 'invalid', message));
        else response.writeHead(200, { 'content-length': '4', 'x-goog-hash': 'crc32c=AAAAAA==' }).end('pict');
      });
    });
    const bucket = await openOn({ bucket: 'inspections', endpoint });
    const damaged = { code: 'STORAGE_FAILED', message: expect.stringContaining('it did not reach') };
    await expect(put(bucket)).rejects.toMatchObject(damaged);
    await expect(bucket.get('a', never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('does not list for ever when the store gives the same page again and again', async () => {
    const { endpoint } = await alwaysAnswer(200, JSON.stringify({ kind: 'storage#objects', nextPageToken: '1' }));
    const listing = listed((await openOn({ bucket: 'inspections', endpoint })).iterate('edge-1/', never));
    await expect(listing).rejects.toThrow('does not answer as Google Cloud Storage');
  });
});

describe('the credentials of a bucket of Google', () => {
  it.each([
    {
      sentence: 'set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file',
      env: {},
      options: { bucket: 'a-bucket' },
    },
    { sentence: 'set GCP_BUCKET_NAME, or "bucket"', env: {}, options: { endpoint: 'http://127.0.0.1:1' } },
    {
      sentence: 'GCP_BUCKET_NAME is not the name of a bucket',
      env: { GCP_BUCKET_NAME: '../other' },
      options: { endpoint: 'http://127.0.0.1:1' },
    },
    {
      sentence: 'the file that GOOGLE_APPLICATION_CREDENTIALS names does not exist',
      env: { GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/key.json' },
      options: { bucket: 'a-bucket' },
    },
    {
      sentence: 'the file that GOOGLE_APPLICATION_CREDENTIALS names is not a key file',
      env: { GOOGLE_APPLICATION_CREDENTIALS: import.meta.filename },
      options: { bucket: 'a-bucket' },
    },
  ])('are asked for by every call, and never of the network: $sentence', async ({ sentence, env, options }) => {
    let requests = 0;
    const metadataServer = await answerInstead((_request, response) => {
      requests += 1;
      response.setHeader('metadata-flavor', 'Google').end('{}');
    });
    vi.stubEnv('GCE_METADATA_HOST', metadataServer.host);
    const bucket = await openOn(options, env as Readonly<Record<string, string>>);
    const missing = { code: 'STORAGE_FAILED', message: expect.stringContaining(`: ${sentence}`) };
    await expectAllToFail(bucket, missing);
    expect(requests).toBe(0);
  });

  it('come from the key file, once for many requests, and never show in an error', async () => {
    let tokens = 0;
    const tokenServer = await answerInstead((request, response) => {
      tokens += 1;
      const token = { access_token: 'token-of-the-station', token_type: 'Bearer', expires_in: 3600 };
      const answer = { ...token, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
      request
        .resume()
        .on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)));
    });
    const authorizations: (string | undefined)[] = [];
    const { endpoint, host } = await answerInstead((request, response) => {
      authorizations.push(request.headers.authorization);
      const message = `refused: ${request.headers.authorization}`;
      request.resume().on('end', () => response.writeHead(403).end(jsonError(403, 'forbidden', message)));
    });
    const env = { GOOGLE_APPLICATION_CREDENTIALS: await keyFileFor(`${tokenServer.endpoint}/v1/token`) };
    const bucket = await openOn({ bucket: 'inspections', endpoint }, env);
    const errors = [
      await put(bucket).catch((error: unknown) => error),
      await bucket.check(never).catch((error: unknown) => error),
    ];
    const everything = inspect(errors, { depth: 12, showHidden: true });
    expect(everything).toContain(host);
    expect(everything).not.toContain('token-of-the');
    expect(authorizations).toEqual(['Bearer token-of-the-station', 'Bearer token-of-the-station']);
    expect(tokens).toBe(1);
  });

  it('may be refused where tokens are made', async () => {
    const answer = JSON.stringify({ error: 'invalid_grant', error_description: 'not of this plant' });
    const tokenServer = await alwaysAnswer(400, answer, { 'content-type': 'application/json' });
    const env = { GOOGLE_APPLICATION_CREDENTIALS: await keyFileFor(`${tokenServer.endpoint}/v1/token`) };
    const writing = put(await openOn({ bucket: 'inspections', endpoint: 'http://127.0.0.1:1' }, env));
    await expect(writing).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(writing).rejects.toThrow('check GOOGLE_APPLICATION_CREDENTIALS');
    await expect(writing).rejects.not.toThrow('subject-token');
  });
});

it.each(['ab', 'Inspections', '../other', 'a..b', '-ab', 'a/b', ''])(
  '%j is no name of a bucket of Google',
  (bucket) => {
    expect(GcpBucketOptions.safeParse({ bucket }).success).toBe(false);
  },
);

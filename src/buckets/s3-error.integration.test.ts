import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { answerInstead } from '../testing/network.test-support.ts';
import { put } from './bucket-failures.contract.ts';
import { credentials, openOn, openOnAnswer, xmlError } from './s3-bucket.test-support.ts';

describe('the errors of a bucket of S3', () => {
  it.each([
    [400, 'ExpiredToken', 'STORAGE_FAILED', 'AWS_SESSION_TOKEN'],
    [403, 'RequestTimeTooSkewed', 'STORAGE_FAILED', 'finds the clock of this station wrong'],
    [301, 'PermanentRedirect', 'STORAGE_FAILED', 'check "endpoint" and "region"'],
    [400, 'AuthorizationHeaderMalformed', 'STORAGE_FAILED', 'in region "us-east-1"'],
    [503, 'SlowDown', 'STORAGE_FAILED', 'cannot serve it now (SlowDown)'],
    [429, 'TooManyRequests', 'STORAGE_FAILED', 'cannot serve it now'],
    [500, 'InternalError', 'STORAGE_FAILED', 'cannot serve it now (InternalError)'],
    [400, 'RequestTimeout', 'STORAGE_FAILED', 'cannot serve it now'],
    [400, 'XAmzContentSHA256Mismatch', 'STORAGE_FAILED', 'did not reach'],
    [507, 'XMinioStorageFull', 'STORAGE_FAILED', 'has no room left in bucket "inspections"'],
    [404, 'NoSuchBucket', 'STORAGE_FAILED', 'there is no bucket "inspections"'],
    [400, 'InvalidRequest', 'STORAGE_FAILED', 'answers InvalidRequest with status 400'],
    [400, 'InvalidArgument', 'REFUSED', 'refuses it for bucket "inspections" (InvalidArgument)'],
    [400, 'EntityTooLarge', 'REFUSED', 'edge-1/line/a/front.jpg could not be put'],
    [400, 'KeyTooLongError', 'REFUSED', '(KeyTooLongError)'],
  ])('reads the answer %i %s as %s', async (status, code, expected, sentence) => {
    const writing = put(await openOnAnswer(status, xmlError(code)));
    await expect(writing).rejects.toMatchObject({ code: expected });
    await expect(writing).rejects.toThrow(sentence);
  });

  it('never show in an error, wherever a store repeats them', async () => {
    const secrets = [...Object.values(credentials), 'token-of-the-station'];
    const { endpoint, host } = await answerInstead((request, response) => {
      const seen = `<CanonicalRequest>${JSON.stringify(request.headers)}</CanonicalRequest></Error>`;
      response.writeHead(403).end(xmlError('SignatureDoesNotMatch', secrets.join()).replace('</Error>', seen));
    });
    const env = { ...credentials, AWS_SESSION_TOKEN: 'token-of-the-station' };
    const address = endpoint.replace('//', '//user-of-the-address:its-password@');
    const bucket = await openOn({ endpoint: address }, { env });
    const error: unknown = await put(bucket).catch((thrown: unknown) => thrown);
    const everything = inspect(error, { depth: 12, showHidden: true });
    expect(everything).toContain(host);
    expect([...secrets, 'user-of-the-address', 'its-password'].filter((secret) => everything.includes(secret))).toEqual(
      [],
    );
  });
});

import { describe, expect, it } from 'vitest';
import { AppError } from '../domain/errors.ts';
import { s3Error, storeOfS3 } from './s3-error.ts';

const place = storeOfS3('inspections', 'store.plant:9000', 'us-east-1', ['the-secret']);

describe('an error of the network', () => {
  it.each([
    ['ECONNREFUSED', 'store.plant:9000 cannot be reached: nobody listens there (ECONNREFUSED)'],
    ['ENOTFOUND', 'its name is unknown'],
    ['EAI_AGAIN', 'its name cannot be looked up now'],
    ['EHOSTUNREACH', 'no way leads there'],
    ['EPROTO', 'does not speak TLS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate of store.plant:9000 is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is not trusted'],
    ['EWHATEVER', 'the request to store.plant:9000 failed (EWHATEVER)'],
    ['<script>\n', 'the request to store.plant:9000 failed'],
  ])('says what %j means', (code, sentence) => {
    const error = s3Error('a could not be put', Object.assign(new Error('x'), { code }), place);
    expect(error.code).toBe('STORAGE_FAILED');
    expect(error.message).toMatch(/^a could not be put: /);
    expect(error.message).toContain(sentence);
    expect(error.message).not.toContain('<');
  });

  it('keeps what the library said, without secrets', () => {
    const { cause } = s3Error('a could not be put', new TypeError('bad header the-secret'), place);
    expect(cause).toMatchObject({ name: 'TypeError', message: 'bad header …' });
  });

  it('is left as it is when it is one of ours', () => {
    const error = new AppError('ABORTED', 'it was cancelled');
    expect(s3Error('a could not be put', error, place)).toBe(error);
  });
});

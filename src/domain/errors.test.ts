import { describe, expect, it } from 'vitest';
import { AppError, messageOf } from './errors.ts';

describe('an error of the product', () => {
  it.each([
    { code: 'NO_ACTIVE_CONFIG', status: 403, retry: false },
    { code: 'ITEM_NOT_FOUND', status: 404, retry: false },
    { code: 'CONFIG_INVALID', status: 422, retry: false },
    { code: 'QUEUE_FULL', status: 503, retry: true },
  ] as const)('with the code $code has status $status and may be tried again: $retry', ({ code, status, retry }) => {
    const error = new AppError(code, 'a sentence');
    expect(error).toMatchObject({ name: 'AppError', code, status, retry, message: 'a sentence', details: {} });
  });

  it('keeps what caused it', () => {
    const cause = new Error('disk full');
    expect(new AppError('STORAGE_FAILED', 'not saved', { cause, details: { id: 'a' } })).toMatchObject({
      cause,
      details: { id: 'a' },
    });
    expect('cause' in new AppError('STORAGE_FAILED', 'not saved')).toBe(false);
  });

  it.each([
    { thrown: new Error('broken'), sentence: 'broken' },
    { thrown: 'broken', sentence: 'broken' },
    { thrown: undefined, sentence: 'undefined' },
  ])('is told as a sentence whatever was thrown', ({ thrown, sentence }) => {
    expect(messageOf(thrown)).toBe(sentence);
  });
});

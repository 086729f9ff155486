import type { AppError } from '../domain/errors.ts';
import type { HttpAnswer } from './http-request.ts';
import { type Failure, type Meaning, plainCode, plainCodeIn, type StorePlace, storeError } from './store-error.ts';

/** What the reasons of Google mean to us; `invalid_…` are those of its token server. */
const MEANING_OF_REASON: Readonly<Record<string, Meaning>> = {
  accountDisabled: 'credentials',
  authError: 'credentials',
  forbidden: 'credentials',
  insufficientPermissions: 'credentials',
  required: 'credentials',
  userProjectAccountProblem: 'credentials',
  access_denied: 'credentials',
  invalid_client: 'credentials',
  invalid_grant: 'credentials',
  unauthorized_client: 'credentials',
  notFound: 'no_bucket',
  damaged: 'damaged',
  backendError: 'away',
  internalError: 'away',
  rateLimitExceeded: 'away',
  userRateLimitExceeded: 'away',
  invalid: 'refused',
  uploadTooLarge: 'refused',
};

/** An answer that is not the one that was asked for. */
interface AnswerError extends Error {
  readonly failure: Failure;
}

/** A refusing answer as an error: with the reason of the store, where one stands in it, and without `hidden`. */
export function answerError({ status, body }: HttpAnswer, hidden: readonly string[]): AnswerError {
  const { reason, message } = reasonIn(body);
  let shown = message;
  for (const secret of hidden) shown = shown.replaceAll(secret, '…');
  return Object.assign(new Error(shown), { failure: { code: reason, status } });
}

/** A failed request as an error of ours: what could not be done, where, why, and what to look at. */
export function gcpError(what: string, error: unknown, place: StorePlace): AppError {
  return storeError(what, error, failureOf(error), place, MEANING_OF_REASON);
}

/** Whether an answer may mean that there is no such object: anything between us and the store says 404 as well. */
export function isNotFound(error: unknown): boolean {
  return failureOf(error).status === 404;
}

/** What messages may tell about a bucket of Google. */
export function storeOfGcp(bucket: string, host: string, secrets: readonly string[]): StorePlace {
  return {
    bucket: `bucket "${bucket}"`,
    host,
    region: null,
    store: 'Google Cloud Storage',
    remedies: {
      address: 'check "endpoint", and what answers in its place',
      credentials: `check GOOGLE_APPLICATION_CREDENTIALS, what it allows in bucket "${bucket}", and the clock of this station`,
      elsewhere: 'check "endpoint"',
      no_bucket: 'check GCP_BUCKET_NAME',
    },
    secrets,
  };
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: '', status: undefined };
  if ('failure' in error) return (error as AnswerError).failure;
  // the library that fetches tokens
  const answer = 'response' in error ? (error.response as { readonly status?: unknown; readonly data?: unknown }) : {};
  if (typeof answer?.status === 'number') {
    const data = answer.data;
    const isCoded = typeof data === 'object' && data !== null && 'error' in data;
    return { code: isCoded ? plainCode(data.error) : '', status: answer.status };
  }
  return { code: plainCodeIn(error) || plainCodeIn(error.cause), status: undefined };
}

function reasonIn(body: Buffer): { readonly reason: string; readonly message: string } {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as {
      readonly error?: { readonly message?: unknown; readonly errors?: readonly { readonly reason?: unknown }[] };
    };
    const message = String(error?.message ?? '').slice(0, 1000);
    // Google calls a wrong checksum just "invalid", as it calls a name that it will never take
    const reason = /crc32c|md5|checksum/i.test(message) ? 'damaged' : plainCode(error?.errors?.[0]?.reason);
    return { reason, message };
  } catch {
    return { reason: '', message: 'no answer of the store' };
  }
}

import type { AppError } from '../domain/errors.ts';
import { type Failure, type Meaning, plainCode, plainCodeIn, type StorePlace, storeError } from './store-error.ts';

/** What the codes of the protocol mean to us; stores other than AWS have a few of their own. */
const MEANING_OF_CODE: Readonly<Record<string, Meaning>> = {
  AccessDenied: 'credentials',
  AccountProblem: 'credentials',
  AllAccessDisabled: 'credentials',
  ExpiredToken: 'credentials',
  InvalidAccessKeyId: 'credentials',
  InvalidSecurity: 'credentials',
  InvalidToken: 'credentials',
  NotSignedUp: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  TokenRefreshRequired: 'credentials',
  UnauthorizedAccess: 'credentials',
  RequestExpired: 'clock',
  RequestTimeTooSkewed: 'clock',
  NoSuchBucket: 'no_bucket',
  InvalidBucketName: 'no_bucket',
  AuthorizationHeaderMalformed: 'elsewhere',
  IllegalLocationConstraintException: 'elsewhere',
  PermanentRedirect: 'elsewhere',
  TemporaryRedirect: 'elsewhere',
  QuotaExceeded: 'full',
  XMinioAdminBucketQuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  BadDigest: 'damaged',
  IncompleteBody: 'damaged',
  XAmzContentChecksumMismatch: 'damaged',
  XAmzContentSHA256Mismatch: 'damaged',
  Busy: 'away',
  InternalError: 'away',
  OperationAborted: 'away',
  RequestTimeout: 'away',
  ServiceUnavailable: 'away',
  SlowDown: 'away',
  SlowDownWrite: 'away',
  Throttling: 'away',
  ThrottlingException: 'away',
  TooManyRequests: 'away',
  EntityTooLarge: 'refused',
  EntityTooSmall: 'refused',
  InvalidArgument: 'refused',
  InvalidObjectName: 'refused',
  InvalidURI: 'refused',
  KeyTooLong: 'refused',
  KeyTooLongError: 'refused',
  MetadataTooLarge: 'refused',
  XMinioInvalidObjectName: 'refused',
};

/** What the library calls an answer in which it found no code: it did not come from a store, or had no body. */
const NO_CODE: readonly string[] = ['Error', 'NotFound', 'SyntaxError', 'TypeError', 'Unknown', 'UnknownError'];

/** A failed request as an error of ours: what could not be done, where, why, and what to look at. */
export function s3Error(what: string, error: unknown, place: StorePlace): AppError {
  return storeError(what, error, failureOf(error), place, MEANING_OF_CODE);
}

/** Whether the store says that it has no such object; it must say so itself, a 404 alone may come from anywhere. */
export function isNoSuchObject(error: unknown): boolean {
  return failureOf(error).code === 'NoSuchKey';
}

/** What messages may tell about a bucket of S3. */
export function storeOfS3(bucket: string, host: string, region: string, secrets: readonly string[]): StorePlace {
  return {
    bucket: `bucket "${bucket}"`,
    host,
    region,
    store: 'an S3 store',
    remedies: {
      address: 'check "endpoint"',
      credentials: `check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what they may do in bucket "${bucket}"`,
      elsewhere: 'check "endpoint" and "region"',
      no_bucket: 'check "bucket"',
    },
    secrets,
  };
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: '', status: undefined };
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : null;
  if (typeof status !== 'number') return { code: plainCodeIn(error), status: undefined };
  return { code: NO_CODE.includes(error.name) ? '' : plainCode(error.name), status };
}

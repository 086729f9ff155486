import { AppError, type ErrorCode, messageOf } from '../domain/errors.ts';

/** What messages may tell about the place, and what they must not. */
export interface S3Place {
  readonly bucket: string;
  /** Of the endpoint, without user and password; or AWS and its region. */
  readonly host: string;
  readonly region: string;
  /** Their values never reach an error, also where a store repeats them. */
  readonly secrets: readonly string[];
}

type Meaning =
  | 'away'
  | 'clock'
  | 'credentials'
  | 'damaged'
  | 'elsewhere'
  | 'full'
  | 'no_bucket'
  | 'refused'
  | 'strange'
  | 'unknown';

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
const NO_CODE: readonly string[] = ['', 'Error', 'NotFound', 'SyntaxError', 'TypeError', 'Unknown', 'UnknownError'];

/**
 * What an answer means that comes without a known code. Anything between us and the store answers with 400 or 404 as well,
 * so that only a size, which no other attempt makes smaller, counts as the last word.
 */
function meaningOfStatus(status: number, code: string): Meaning {
  if (status === 401 || status === 403) return 'credentials';
  if (status === 413 || status === 414) return 'refused';
  if (status === 507) return 'full';
  if (status === 408 || status === 429 || status >= 500) return 'away';
  if (status >= 300 && status < 400) return 'elsewhere';
  return NO_CODE.includes(code) ? 'strange' : 'unknown';
}

const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  EAI_AGAIN: 'its name cannot be looked up now',
  ENOTFOUND: 'its name is unknown',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'the network is away',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS as expected',
};

/** What the library throws, as far as it tells us anything. */
interface Failure {
  readonly code: string;
  readonly status: number | undefined;
}

/** A failed request as an error of ours: what could not be done, where, why, and what to look at. */
export function s3Error(what: string, error: unknown, place: S3Place): AppError {
  if (error instanceof AppError) return error;
  const { code, status } = failureOf(error);
  const meaning = status === undefined ? undefined : (MEANING_OF_CODE[code] ?? meaningOfStatus(status, code));
  const reason = meaning === undefined ? networkReason(code, place) : reasonOf(meaning, code, status, place);
  const errorCode: ErrorCode = meaning === 'refused' ? 'REFUSED' : 'STORAGE_FAILED';
  return new AppError(errorCode, `${what}: ${reason}`, { cause: bareCause(error, place) });
}

/** Whether the store says that it has no such object; it must say so itself, a 404 alone may come from anywhere. */
export function isNoSuchObject(error: unknown): boolean {
  return failureOf(error).code === 'NoSuchKey';
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: '', status: undefined };
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : null;
  if (typeof status === 'number') return { code: plain(error.name), status };
  return { code: 'code' in error ? plain(String(error.code)) : '', status: undefined };
}

/** A code as it may stand in a sentence: it comes from outside. */
function plain(code: string): string {
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(code) ? code : '';
}

function reasonOf(meaning: Meaning, code: string, status: number | undefined, place: S3Place): string {
  const { bucket, host, region } = place;
  const answer = NO_CODE.includes(code) ? `status ${status}` : code;
  switch (meaning) {
    case 'away':
      return `${host} cannot serve it now (${answer})`;
    case 'clock':
      return `${host} finds the clock of this station wrong (${answer})`;
    case 'credentials':
      return `${host} refuses the credentials (${answer}): check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what they may do in bucket "${bucket}"`;
    case 'damaged':
      return `it did not reach ${host} as it was sent (${answer})`;
    case 'elsewhere':
      return `bucket "${bucket}" is not served by ${host} in region "${region}" (${answer}): check "endpoint" and "region"`;
    case 'full':
      return `${host} has no room left in bucket "${bucket}" (${answer})`;
    case 'no_bucket':
      return `there is no bucket "${bucket}" at ${host}`;
    case 'refused':
      return `${host} refuses it for bucket "${bucket}" (${answer})`;
    case 'strange':
      return `${host} does not answer as an S3 store (${answer}): check "endpoint"`;
    case 'unknown':
      return `${host} answers ${answer} with status ${status} for bucket "${bucket}"`;
    default:
      return meaning satisfies never;
  }
}

function networkReason(code: string, { host }: S3Place): string {
  const reason = NETWORK_REASONS[code];
  if (reason !== undefined) return `${host} cannot be reached: ${reason} (${code})`;
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)) {
    return `the certificate of ${host} is not trusted (${code}): NODE_EXTRA_CA_CERTS may name a file with its authority`;
  }
  return code === '' ? `the request to ${host} failed` : `the request to ${host} failed (${code})`;
}

/**
 * The error of the library without what hangs on it: that holds the whole request, with its signature and session token, and
 * the connection, for as long as someone keeps the error.
 */
function bareCause(error: unknown, { secrets }: S3Place): Error {
  let message = messageOf(error);
  for (const secret of secrets) message = message.replaceAll(secret, '…');
  const cause = new Error(message);
  cause.name = error instanceof Error ? error.name : 'Error';
  return cause;
}

import { AppError, type ErrorCode, messageOf } from '../domain/errors.ts';

/** What messages may tell about a store, and what they must not. */
export interface StorePlace {
  /** The bucket with the noun of its technology: `bucket "inspections"`. */
  readonly bucket: string;
  /** Without user and password. */
  readonly host: string;
  /** Where the store has such a thing, else null. */
  readonly region: string | null;
  /** What answers there when all is well: `an S3 store`. */
  readonly store: string;
  /** What to look at, for the meanings that somebody on site can mend. */
  readonly remedies: {
    readonly address: string;
    readonly credentials: string;
    readonly elsewhere: string;
    readonly no_bucket: string;
  };
  /** Their values never reach an error, also where a store repeats them. */
  readonly secrets: readonly string[];
}

/** What an answer of a store means to us. */
export type Meaning =
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

/** What went wrong, as far as the library or the store tells us anything. */
export interface Failure {
  /** Of the store where there is a status, else of the network; empty: none. */
  readonly code: string;
  /** Undefined: there was no answer. */
  readonly status: number | undefined;
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

/**
 * A failed request as an error of ours: what could not be done, where, why, and what to look at. `meanings` are those of the
 * codes of the store; a code that is not among them counts by its status.
 */
export function storeError(
  what: string,
  error: unknown,
  { code, status }: Failure,
  place: StorePlace,
  meanings: Readonly<Record<string, Meaning>>,
): AppError {
  if (error instanceof AppError) return error;
  const meaning = status === undefined ? undefined : (meanings[code] ?? meaningOfStatus(status, code));
  const reason = meaning === undefined ? networkReason(code, place) : reasonOf(meaning, code, status, place);
  const errorCode: ErrorCode = meaning === 'refused' ? 'REFUSED' : 'STORAGE_FAILED';
  return new AppError(errorCode, `${what}: ${reason}`, { cause: bareCause(error, place) });
}

/** Something answered that is no such store: a proxy, a portal, another program. */
export function strangeAnswer(what: string, { host, store, remedies }: StorePlace): AppError {
  return new AppError('STORAGE_FAILED', `${what}: ${host} does not answer as ${store}: ${remedies.address}`);
}

/** An object came back without its length or its checksum, or not as long or not with the bytes that they promise. */
export function notWhole(what: string, { host }: StorePlace): AppError {
  return new AppError('STORAGE_FAILED', `${what}: ${host} does not say how long it is, or sent a part of it`);
}

/** A code as it may stand in a sentence, else nothing: it comes from outside. */
export function plainCode(code: unknown): string {
  return typeof code === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(code) ? code : '';
}

/** The code that hangs on an error, as it may stand in a sentence. */
export function plainCodeIn(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? plainCode(error.code) : '';
}

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
  return code === '' ? 'strange' : 'unknown';
}

function reasonOf(meaning: Meaning, code: string, status: number | undefined, place: StorePlace): string {
  const { bucket, host, region, store, remedies } = place;
  const answer = code === '' ? `status ${status}` : code;
  switch (meaning) {
    case 'away':
      return `${host} cannot serve it now (${answer})`;
    case 'clock':
      return `${host} finds the clock of this station wrong (${answer})`;
    case 'credentials':
      return `${host} refuses the credentials (${answer}): ${remedies.credentials}`;
    case 'damaged':
      return `it did not reach ${host} as it was sent (${answer})`;
    case 'elsewhere':
      return `${bucket} is not served by ${host}${region === null ? '' : ` in region "${region}"`} (${answer}): ${remedies.elsewhere}`;
    case 'full':
      return `${host} has no room left in ${bucket} (${answer})`;
    case 'no_bucket':
      return `there is no ${bucket} at ${host}: create it, or ${remedies.no_bucket}`;
    case 'refused':
      return `${host} refuses it for ${bucket} (${answer})`;
    case 'strange':
      return `${host} does not answer as ${store} (${answer}): ${remedies.address}`;
    case 'unknown':
      return `${host} answers ${answer} with status ${status} for ${bucket}`;
    default:
      return meaning satisfies never;
  }
}

function networkReason(code: string, { host }: StorePlace): string {
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
function bareCause(error: unknown, { secrets }: StorePlace): Error {
  let message = messageOf(error);
  for (const secret of secrets) message = message.replaceAll(secret, '…');
  const cause = new Error(message);
  cause.name = error instanceof Error ? error.name : 'Error';
  return cause;
}

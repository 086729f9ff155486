import { AppError, messageOf } from '../../../domain/errors.ts';

/** What messages may tell about the place, and what they must not. */
export interface MongoPlace {
  readonly place: string;
  readonly secrets: readonly string[];
}

/** Answers of a server that does not take this user, or not for this. */
const CREDENTIALS: readonly number[] = [11, 13, 18, 8000];

/** Answers that the same document would get again: too large, too deep, not as the collection wants its documents. */
const REFUSALS: readonly number[] = [15, 22, 52, 57, 121, 10_334, 17_419, 17_420];

/** Another client wrote a document with the same value of a unique index a moment before. */
const DUPLICATE_KEY = 11_000;

/** The number that a server answered with; undefined for every other error. */
export function serverCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || !/^Mongo.*(Server|Write).*Error$/.test(error.name)) return;
  return typeof error.code === 'number' ? error.code : undefined;
}

/**
 * Whether a write, which is the same when it is done twice, is done again at once. Of two that write the same new item at
 * the same moment the second has to look again; a connection that broke says nothing about the next one, and the driver
 * itself looks for that at replica sets only.
 */
export function isWorthASecondTry(error: unknown): boolean {
  if (serverCodeOf(error) === DUPLICATE_KEY) return true;
  return error instanceof Error && /^Mongo(Network|PoolCleared)Error$/.test(error.name);
}

/** A failed call as an error of ours: what could not be done, where, and why. */
export function mongoError(what: string, thrown: unknown, at: MongoPlace): AppError {
  if (thrown instanceof AppError) return thrown;
  // One call that fails takes those that wait for a connection with it: what failed there is the reason here as well.
  const isTaken = thrown instanceof Error && thrown.name === 'MongoPoolClearedError' && thrown.cause !== undefined;
  const error = isTaken ? thrown.cause : thrown;
  const code = serverCodeOf(error);
  const isRefused = isUnwritable(error) || code === DUPLICATE_KEY || (code !== undefined && REFUSALS.includes(code));
  const reason = reasonOf(error, code, isRefused, at);
  return new AppError(isRefused ? 'REFUSED' : 'STORAGE_FAILED', `${what}: ${reason}`, { cause: bareCause(error, at) });
}

/** Whether the driver could not write the document as BSON. */
function isUnwritable(error: unknown): boolean {
  return error instanceof Error && /^BSON/.test(error.name);
}

function reasonOf(error: unknown, code: number | undefined, isRefused: boolean, at: MongoPlace): string {
  const said = withoutSecrets(messageOf(error), at);
  if (code !== undefined && CREDENTIALS.includes(code)) {
    return `${at.place} refuses the credentials (${said}): check MONGO_DB_URI, and what its user may do in orchestratorDB`;
  }
  if (isRefused) return `${at.place} refuses it: ${said}`;
  if (code !== undefined) return `${at.place} failed: ${said}`;
  return `${at.place} cannot be reached: ${said}`;
}

function withoutSecrets(message: string, { secrets }: MongoPlace): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '…'), message);
}

/** The error of the driver without what hangs on it: the connection, its options, what was sent. */
function bareCause(error: unknown, at: MongoPlace): Error {
  const cause = new Error(withoutSecrets(messageOf(error), at));
  cause.name = error instanceof Error ? error.name : 'Error';
  return cause;
}

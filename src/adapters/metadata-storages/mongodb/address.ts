import type { MongoClient, MongoClientOptions } from 'mongodb';
import { AppError } from '../../../domain/errors.ts';

/**
 * Whatever has a meaning in an address must be written as `%…` in its parts: a password with a slash in it would be read
 * as a host and a database, and the message that these cannot be reached would tell the password.
 */
const SHAPE = /^mongodb(\+srv)?:\/\/([^/?#@]*@)?[^/?#@]+(\/[^/?#@]*)?(\?[^?#@]*)?$/i;

/** A client that has asked nobody yet, and what messages call the place: hosts only, never the user or the password. */
export interface AddressedClient {
  readonly client: MongoClient;
  readonly place: string;
}

/**
 * The client of an address. Rejects with `STORAGE_FAILED` when it is missing or is none; the reason that the driver gives
 * is left out, as it may quote the part that holds the password.
 */
export function clientOf(
  Client: new (address: string, options: MongoClientOptions) => MongoClient,
  address: string | undefined,
  options: MongoClientOptions,
): AddressedClient {
  if (address === undefined || address === '') {
    throw new AppError('STORAGE_FAILED', 'the MongoDB server is not known: set MONGO_DB_URI');
  }
  if (!SHAPE.test(address)) throw unusable('it has another form');
  try {
    const client = new Client(address, options);
    const hosts = client.options.srvHost ?? client.options.hosts.map(String).join(',');
    return { client, place: `MongoDB at ${hosts}` };
  } catch {
    throw unusable('the driver does not understand it');
  }
}

function unusable(reason: string): AppError {
  const form =
    'mongodb://user:password@host:27017/?authSource=admin, with "@", ":", "/", "?", "#", "%" of a name or password as %40, %3A, %2F, %3F, %23, %25';
  return new AppError('STORAGE_FAILED', `MONGO_DB_URI cannot be used: ${reason}. Write it as ${form}`);
}

/** What must not stand in any message: the password as written and as meant. */
export function secretsOf(address: string | undefined): readonly string[] {
  const [, written = ''] = /^[^/]*\/\/[^/?#@:]*:([^/?#@]*)@/.exec(address ?? '') ?? [];
  if (written === '') return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

import type pg from 'pg';
import { AppError, messageOf } from '../../../domain/errors.ts';

/**
 * Whatever has a meaning in an address must be written as `%…` in its parts: a password with a slash in it would be read
 * as a host and a database, and the message that these cannot be reached would tell the password.
 */
const SHAPE = /^postgres(ql)?:\/\/[^/?#]*(\/[^/?#@]*)?(\?[a-z_]+=[^?#@]*)?$/i;

/** What messages call the server: host, port and database, never the user or the password. Rejects with `TELEMETRY_FAILED`. */
export function placeOf(postgres: typeof pg, address: string): string {
  if (!SHAPE.test(address)) throw unusable('it has another form');
  try {
    const { host, port, database } = new postgres.Client({ connectionString: address });
    return `PostgreSQL at ${host}:${port}, database "${database}",`;
  } catch (error) {
    throw unusable(messageOf(error), error);
  }
}

function unusable(reason: string, cause?: unknown): AppError {
  const form =
    'postgresql://user:password@host:5432/database, with "@", "/", "?", "#" of a name or password as %40, %2F, %3F, %23';
  return new AppError('TELEMETRY_FAILED', `POSTGRES_DB_URI cannot be used: ${reason}. Write it as ${form}`, { cause });
}

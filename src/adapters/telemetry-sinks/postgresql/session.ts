import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { AppError } from '../../../domain/errors.ts';
import type { Session } from '../connections/sessions.ts';
import { within } from '../connections/within.ts';
import { createMessageCheck } from './message-check.ts';

/** How long a server may take to say goodbye, in milliseconds. */
const GOODBYE_MS = 1_000;

const never = new AbortController().signal;

type Values = readonly (string | readonly string[])[];
export type Row = Readonly<Record<string, unknown>>;

/** One connection that is ready for statements, one at a time. */
export interface PostgresSession extends Session {
  /**
   * The rows of one statement. Rejects with the error of pg, with the signal's reason, or with `TELEMETRY_FAILED` when
   * the time is over; after the last two the session is ended, as an answer may still be on its way.
   */
  run(statement: string, values: Values, signal: AbortSignal): Promise<readonly Row[]>;
}

export interface SessionOptions {
  readonly address: string;
  /** For connecting, and for each statement. */
  readonly timeoutMs: number;
  /** What the server is called in messages. */
  readonly place: string;
}

/** Connects. Rejects as `run` does. */
export async function openSession(
  postgres: typeof pg,
  { address, timeoutMs, place }: SessionOptions,
  signal: AbortSignal,
): Promise<PostgresSession> {
  const client = new postgres.Client({
    connectionString: address,
    keepAlive: true,
    fallback_application_name: 'edge-orchestrator',
  });
  let lost = false;
  let ended = false;
  const onLost = () => {
    if (!ended) lost = true;
  };
  // Without a listener the loss of a connection that nobody uses would end the process.
  client.on('error', onLost);
  client.on('end', onLost);
  guardReader(client);

  function end(): void {
    ended = true;
    client.connection.stream.destroy();
  }

  function bounded<Result>(work: Promise<Result>, abort: AbortSignal): Promise<Result> {
    const late = () => new AppError('TELEMETRY_FAILED', `${place} did not answer in ${timeoutMs} ms`);
    return within(work, { timeoutMs, signal: abort, late });
  }

  const session: PostgresSession = {
    async run(statement, values, abort) {
      const { rows } = await bounded(client.query<Row>(statement, [...values]), abort);
      return rows;
    },
    lost: () => lost,
    end,
    async leave() {
      const late = () => new Error('no goodbye');
      await within(client.end(), { timeoutMs: GOODBYE_MS, signal: never, late }).catch(end);
    },
  };

  try {
    await bounded(client.connect(), signal);
    // The server's own limit, so that what nobody waits for any more ends there as well; a little earlier, so that its
    // answer is heard. Not sent with the request to connect: poolers refuse parameters there that they do not know.
    await session.run(`SET statement_timeout = ${Math.ceil(timeoutMs * 0.9)}`, [], signal);
    return session;
  } catch (error) {
    end();
    throw error;
  }
}

/**
 * pg throws while it reads what it does not know: nonsense, but also a server that asks for Kerberos. Thrown out of the
 * socket's event that would end the process; here it ends the connection, and whoever waits for it is told. What it
 * would read for ever does not get to it.
 */
function guardReader(client: pg.Client): void {
  const guard = (stream: Duplex) => {
    const emit = stream.emit.bind(stream);
    const check = createMessageCheck();
    stream.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event !== 'data') return emit(event, ...args);
      try {
        check(args[0] as Buffer);
        return emit(event, ...args);
      } catch (error) {
        stream.destroy(error instanceof Error ? error : new Error(String(error)));
        return true;
      }
    };
  };
  guard(client.connection.stream);
  // With TLS the server's words arrive on another stream.
  client.connection.on('sslconnect', () => guard(client.connection.stream));
}

import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { loadSdk } from '../../environment/sdk.ts';
import { secretOf } from '../../environment/secret.ts';
import { defineTelemetrySink, type Telemetry } from '../../ports/telemetry-sink.ts';
import { createSessions } from './connections/sessions.ts';
import { messageIdOf } from './message-id.ts';
import { placeOf } from './postgresql/address.ts';
import { isRace, unreachable, unwritten } from './postgresql/failures.ts';
import { openSession, type PostgresSession } from './postgresql/session.ts';
import { prepareTable } from './postgresql/telemetry-table.ts';

/** How long a connection that nobody uses is kept, in milliseconds: shorter than firewalls remember one. */
const IDLE_MS = 60_000;

/** A connection, and the statement that writes into the table that it found. */
interface TelemetrySession extends PostgresSession {
  readonly place: string;
  readonly insert: string;
}

/**
 * Writes a row for each item into the table `iothub.telemetry`, which it makes itself. An item has one row, with the
 * decision that was sent last. A text with a NUL character, which PostgreSQL cannot hold, is `REFUSED`.
 */
export const postgresqlTelemetrySink = defineTelemetrySink({
  type: 'postgresql',
  options: z
    .strictObject({
      pool_size: z
        .int()
        .min(1)
        .max(100)
        .default(2)
        .meta({ title: 'Connections', description: 'Most connections at a time, opened when they are needed.' }),
      timeout_ms: z.int().min(1).max(3_600_000).default(10_000).meta({
        title: 'Timeout',
        description: 'Longest time that connecting, and each statement, may take, in milliseconds.',
      }),
    })
    .meta({
      title: 'Telemetry into PostgreSQL',
      description:
        'Rows of the table iothub.telemetry. The environment says where, in POSTGRES_DB_URI or the file that ' +
        'POSTGRES_DB_URI_FILE names: postgresql://user:password@host:5432/database, with ?sslmode=verify-full for TLS ' +
        '(and &sslrootcert=/path for an authority of your own), ?sslmode=no-verify for TLS with any certificate.',
    }),
  async open({ pool_size, timeout_ms }, { env, edgeName }) {
    const { default: postgres } = await loadSdk('pg', () => import('pg'));
    const address = (await secretOf(env, 'POSTGRES_DB_URI'))?.trim();

    async function connect(signal: AbortSignal): Promise<TelemetrySession> {
      if (address === undefined) {
        throw new AppError('TELEMETRY_FAILED', 'the PostgreSQL server is not known: set POSTGRES_DB_URI');
      }
      const place = placeOf(postgres, address);
      let session: PostgresSession | undefined;
      try {
        session = await openSession(postgres, { address, timeoutMs: timeout_ms, place }, signal);
        return { ...session, place, insert: await prepareTable(session, signal) };
      } catch (error) {
        session?.end();
        signal.throwIfAborted();
        throw unreachable(error, place);
      }
    }

    const sessions = createSessions({
      size: pool_size,
      open: connect,
      idleMs: () => IDLE_MS,
      isHarmless: (error) => error instanceof AppError && error.code === 'REFUSED',
    });

    function write(telemetry: readonly Telemetry[], signal: AbortSignal): Promise<void> {
      const columns = columnsOf(telemetry, edgeName);
      return sessions.use(signal, async ({ place, insert, run }, either) => {
        try {
          await run(insert, columns, either).catch((error: unknown) => {
            if (!isRace(error)) throw error;
            return run(insert, columns, either);
          });
        } catch (error) {
          either.throwIfAborted();
          throw unwritten(error, place);
        }
      });
    }

    return {
      async send(telemetry, signal) {
        signal.throwIfAborted();
        if (telemetry.length > 0) await write(telemetry, signal);
      },
      async check(signal) {
        // No rows: the server says all the same whether it would take some.
        await write([], signal);
      },
      close: () => sessions.close(),
    };
  },
});

/** The values of each column. Of two messages of one item the later counts, as one statement cannot write a row twice. */
function columnsOf(telemetry: readonly Telemetry[], edgeName: string): readonly (readonly string[])[] {
  const last = new Map<string, Telemetry>();
  for (const one of telemetry) {
    last.delete(one.message.item_id);
    last.set(one.message.item_id, one);
  }
  const rows = [...last.values()];
  return [
    rows.map(({ message }) => messageIdOf(message.item_id)),
    rows.map(() => edgeName),
    rows.map(({ message }) => message.decision),
    rows.map(({ receivedAt }) => receivedAt.toJSON()),
    rows.map(({ message }) => message.item_id),
    rows.map(({ message }) => message.config),
  ];
}

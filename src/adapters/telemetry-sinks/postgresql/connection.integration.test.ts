import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../testing/network.test-support.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../postgres-server.test-support.ts';
import { failureOf, never, telemetryOf } from '../telemetry.test-support.ts';
import { openSink, somethingElse } from './sink.test-support.ts';

const all = 'SELECT * FROM iothub.telemetry';
const lockWaits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";

/** A message of the protocol: a letter, the length of what follows, and that. */
function message(letter: string, ...content: readonly number[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + content.length);
  return Buffer.concat([Buffer.from(letter), length, Buffer.from(content)]);
}

describe('a PostgreSQL server that is none', () => {
  it('is told when nobody listens', async () => {
    const port = await freePort();
    const sink = await openSink(`postgresql://edge:swordfish@localhost:${port}/iot`);
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error.code).toBe('TELEMETRY_FAILED');
    expect(error.message).toMatch(`PostgreSQL at localhost:${port}, database "iot", failed: `);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('is waited for no longer than the timeout', async () => {
    const sink = await openSink(await somethingElse(() => undefined), { timeout_ms: 100 });
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error.code).toBe('TELEMETRY_FAILED');
    expect(error.message).toMatch(/^PostgreSQL at 127.0.0.1:\d+, database "iot", did not answer in 100 ms$/);
  });

  it('is left at once when the wait is called off, also by those who wait for their turn', async () => {
    const hung = Promise.withResolvers<void>();
    const gone: Promise<void>[] = [];
    const address = await somethingElse((socket) => {
      gone.push(new Promise((resolve) => socket.on('close', () => resolve())));
      hung.resolve();
      socket.resume();
    });
    const sink = await openSink(address, { pool_size: 1 });
    const abort = new AbortController();
    const sent = [sink.send(telemetryOf('item-1'), abort.signal), sink.check(abort.signal)];
    await hung.promise;
    const reason = new Error('the station is stopped');
    abort.abort(reason);
    for (const one of sent) await expect(one).rejects.toBe(reason);
    await Promise.all(gone);
  });

  it('does not keep a sink from closing', async () => {
    const hung = Promise.withResolvers<void>();
    const sink = await openSink(await somethingElse(() => hung.resolve()));
    const sent = failureOf(sink.send(telemetryOf('item-1'), never));
    await hung.promise;
    await sink.close();
    expect(await sent).toMatchObject({ code: 'TELEMETRY_FAILED', message: 'the telemetry sink is closed' });
  });

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ['a banner of SSH', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
    ['zeros', Buffer.alloc(64)],
    ['a demand for Kerberos', message('R', 0, 0, 0, 7)],
    ['rows nobody asked for', message('T', 0x7f, 0xff, 1)],
    ['a cut message', message('R', 0)],
    ['a password challenge without end', message('R', 0, 0, 0, 10, 65, 66)],
    ['an error without words', message('E', 0)],
    ['an error without an end', message('E', 0x53, 0x46, 0)],
    ['a notice that is cut', message('N', 0x53)],
    ['a message of no length', Buffer.from([0x5a, 0, 0, 0, 0])],
    ['bytes that are all ones', Buffer.alloc(64, 0xff)],
    ['a wrong proof that it knows the password', message('R', 0, 0, 0, 12, 65)],
  ])('is told when it answers with %s', async (_, answer) => {
    const address = await somethingElse((socket) => socket.once('data', () => socket.end(answer)));
    const sink = await openSink(address, { timeout_ms: 2_000 });
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error.code).toBe('TELEMETRY_FAILED');
    expect(error.message).toMatch(/^PostgreSQL at 127.0.0.1:\d+, database "iot", failed: ./);
  });

  it.each([
    ['answers with a banner of SSH', 'SSH-2.0-OpenSSH_9.6\r\n', 'failed: '],
    ['has none', 'N', 'failed: The server does not support SSL connections'],
    ['begins it with zeros', `S${'\0'.repeat(64)}`, 'failed: '],
    ['begins it and says nothing', 'S', 'did not answer in 400 ms'],
  ])('is told when it is asked for TLS and %s', async (_, answer, sentence) => {
    const address = await somethingElse((socket) => socket.once('data', () => socket.write(answer)).resume());
    const sink = await openSink(`${address}?sslmode=no-verify`, { timeout_ms: 400 });
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining(sentence) });
  });
});

describe.skipIf(withoutPostgres !== '')(`the connection to a PostgreSQL server${withoutPostgres}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.remove());

  it('is made when a server comes later, and again when it comes back', async () => {
    const address = await server.newDatabase();
    await server.stop();
    const sink = await openSink(address);
    expect(await failureOf(sink.send(telemetryOf('item-1'), never))).toMatchObject({ code: 'TELEMETRY_FAILED' });
    expect(await failureOf(sink.check(never))).toMatchObject({ code: 'TELEMETRY_FAILED' });
    await server.start();
    // Two connections, both of them idle when the server is stopped.
    await Promise.all([sink.send(telemetryOf('item-1'), never), sink.send(telemetryOf('item-2'), never)]);
    await server.stop();
    await server.start();
    await sink.send(telemetryOf('item-3'), never);
    await sink.check(never);
    expect(await server.rows(address, all)).toHaveLength(3);
  });

  it('is made anew when the server ended it, also while nobody used it', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address);
    const others = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    for (const item of ['item-1', 'item-2', 'item-3']) {
      await sink.send(telemetryOf(item), never);
      expect(await server.rows(address, `SELECT pg_terminate_backend(pid, 5000) AS ended ${others}`)).toEqual([
        { ended: true },
      ]);
    }
    expect(await server.rows(address, all)).toHaveLength(3);
  });

  /** The address of a database through a way that can do something to what passes. */
  async function throughBetween(address: string) {
    const sockets: Socket[] = [];
    const between = await somethingElse((socket) => {
      sockets.push(socket);
      const onward = connect(server.port, '127.0.0.1');
      onward.on('error', () => undefined);
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const through = new URL(address);
    through.port = new URL(between).port;
    return { address: through.href, sockets };
  }

  it('is made anew when it was lost without a word, as behind a firewall that forgets', async () => {
    const address = await server.newDatabase();
    const between = await throughBetween(address);
    const sink = await openSink(between.address);
    await Promise.all([sink.send(telemetryOf('item-1'), never), sink.send(telemetryOf('item-2'), never)]);
    expect(between.sockets).toHaveLength(2);
    for (const socket of between.sockets) {
      socket.unpipe();
      socket.on('data', () => socket.resetAndDestroy()).resume();
    }
    await sink.send(telemetryOf('item-3'), never);
    expect(await server.rows(address, all)).toHaveLength(3);
    expect(between.sockets).toHaveLength(3);
  });

  it('is given up after the timeout when nothing passes any more, and made anew for the next', async () => {
    const address = await server.newDatabase();
    const between = await throughBetween(address);
    const sink = await openSink(between.address, { pool_size: 1, timeout_ms: 2_000 });
    await sink.send(telemetryOf('item-1'), never);
    for (const socket of between.sockets) socket.unpipe().resume();
    const error = await failureOf(sink.send(telemetryOf('item-2'), never));
    expect(error).toMatchObject({
      code: 'TELEMETRY_FAILED',
      message: expect.stringMatching(/did not answer in 2000 ms$/),
    });
    await sink.send(telemetryOf('item-2'), never);
    expect(await server.rows(address, all)).toHaveLength(2);
  });

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ['zeros', Buffer.alloc(64)],
    ['rows nobody asked for', message('T', 0x7f, 0xff, 1)],
    ['a cut error', message('E', 0x53)],
  ])('is given up when it answers a row with %s, and made anew for the next', async (_, answer) => {
    const address = await server.newDatabase();
    const between = await throughBetween(address);
    const sink = await openSink(between.address, { pool_size: 1, timeout_ms: 2_000 });
    await sink.send(telemetryOf('item-1'), never);
    for (const socket of between.sockets) {
      socket.unpipe();
      socket.once('data', () => socket.write(answer)).resume();
    }
    const outcome = await Promise.allSettled([sink.send(telemetryOf('item-2'), never)]);
    // One that broke at once counts as a kept connection that was dead: the row is then written on a new one.
    for (const one of outcome) if (one.status === 'rejected') expect(one.reason.code).toBe('TELEMETRY_FAILED');
    await sink.send(telemetryOf('item-2', 'item-3'), never);
    expect(await server.rows(address, all)).toHaveLength(3);
  });

  it.each(['the timeout', 'the caller'])('is given up at the word of %s when the table is locked', async (whose) => {
    const address = await server.newDatabase();
    const timeoutMs = whose === 'the timeout' ? 300 : 10_000;
    const sink = await openSink(address, { timeout_ms: 10_000 });
    const impatient = await openSink(address, { pool_size: 1, timeout_ms: timeoutMs });
    await sink.send(telemetryOf('item-1'), never);
    await impatient.check(never);

    const locked = server.rows(address, `BEGIN; LOCK iothub.telemetry; SELECT pg_sleep(2)`);
    await expect
      .poll(() => server.rows(address, "SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"))
      .not.toEqual([]);
    const abort = new AbortController();
    const sent = impatient.send(telemetryOf('item-2'), abort.signal);
    if (whose === 'the timeout') {
      expect(await failureOf(sent)).toMatchObject({ code: 'TELEMETRY_FAILED' });
      // The server does not wait on for nobody.
      await expect.poll(() => server.rows(address, lockWaits)).toEqual([]);
    } else {
      await expect.poll(() => server.rows(address, lockWaits)).not.toEqual([]);
      abort.abort(new Error('called off'));
      await expect(sent).rejects.toThrow('called off');
    }
    await locked;
    await impatient.send(telemetryOf('item-3'), never);
    expect(await server.rows(address, "SELECT FROM iothub.telemetry WHERE item_id = 'item-3'")).toHaveLength(1);
  });

  it('is refused with a wrong password, and the message does not tell it', async () => {
    const address = server.address('postgres', 'edge', 'swordfish-wrong');
    const error = await failureOf((await openSink(address)).check(never));
    expect(error.code).toBe('TELEMETRY_FAILED');
    expect(error.message).toMatch(/database "postgres", failed: password authentication failed for user "edge"$/);
  });

  it('is refused without a password, to no database, beyond the limit, without TLS', async () => {
    await server.rows(
      server.address('postgres'),
      "CREATE ROLE late LOGIN CONNECTION LIMIT 0 PASSWORD 'swordfish-late'",
    );
    const refused = [
      [server.address('postgres').replace(/:swordfish[^@]*/, ''), /password must be a string/],
      [server.address('nowhere'), /database "nowhere" does not exist/],
      [server.address('postgres', 'late', 'swordfish-late'), /too many connections for role/],
      [`${server.address('postgres')}?sslmode=no-verify`, /does not support SSL/],
      [`${server.address('postgres')}?options=-c%20work_mem=none`, /invalid value for parameter/],
    ] as const;
    for (const [address, reason] of refused) {
      const error = await failureOf((await openSink(address)).send(telemetryOf('item-1'), never));
      expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringMatching(reason) });
    }
  });

  it('is never more than those allowed', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address, { pool_size: 3 });
    await Promise.all(Array.from({ length: 30 }, (_, index) => sink.send(telemetryOf(`item-${index}`), never)));
    const mine = "FROM pg_stat_activity WHERE application_name = 'edge-orchestrator' AND datname = current_database()";
    expect(await server.rows(address, `SELECT ${mine}`)).toHaveLength(3);
    expect(await server.rows(address, all)).toHaveLength(30);
  });
});

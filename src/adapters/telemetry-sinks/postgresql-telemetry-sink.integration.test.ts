import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootless, temporaryFolder } from '../../ports/context.test-support.ts';
import { exampleTelemetry, telemetrySinkContract } from '../../ports/telemetry-sink.contract.ts';
import type { Telemetry, TelemetryMessage } from '../../ports/telemetry-sink.ts';
import { freePort } from '../../testing/network.test-support.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.test-support.ts';
import { openSink } from './postgresql/sink.test-support.ts';
import { postgresqlTelemetrySink } from './postgresql-telemetry-sink.ts';
import { failureOf, never, telemetryOf } from './telemetry.test-support.ts';

const ITEM = '0198f2b3-77aa-7cc1-8d2e-3a5b6c7d8e9f';
const OPTIONS = { pool_size: 2, timeout_ms: 10_000 };

const inTheOrderWritten = 'SELECT * FROM iothub.telemetry ORDER BY ctid';

describe.skipIf(withoutPostgres !== '')(`postgresql telemetry sink${withoutPostgres}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.remove());

  let database = '';
  telemetrySinkContract({
    async open() {
      database = await server.newDatabase();
      return await openSink(database);
    },
    async received() {
      const columns = 'item_id, config, business_decision AS decision';
      const rows = await server.rows(database, `SELECT ${columns} FROM iothub.telemetry`);
      return rows as readonly object[] as readonly TelemetryMessage[];
    },
  });

  it('writes a row for each item, in the order given', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address);
    const told: readonly Telemetry[] = [
      { ...exampleTelemetry(ITEM), message: { item_id: ITEM, config: 'line "a", \\ {b}', decision: 'KO' } },
      { ...exampleTelemetry('item-2'), receivedAt: new Date('2026-04-02T23:59:59.999+02:00') },
    ];
    await sink.send(told, never);
    expect(await server.rows(address, inTheOrderWritten)).toEqual([
      {
        id: ITEM,
        device_id: 'edge-1',
        business_decision: 'KO',
        timestamp: new Date('2026-04-02T09:22:12.250Z'),
        item_id: ITEM,
        config: 'line "a", \\ {b}',
      },
      {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5/),
        device_id: 'edge-1',
        business_decision: 'OK',
        timestamp: new Date('2026-04-02T21:59:59.999Z'),
        item_id: 'item-2',
        config: 'line',
      },
    ]);
  });

  it('writes thousands at once, in the order given', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address);
    const itemIds = Array.from({ length: 20_000 }, (_, index) => `item-${(index * 7_919) % 20_000}`);
    await sink.send(telemetryOf(...itemIds), never);
    const rows = await server.rows(address, inTheOrderWritten);
    expect(rows.map(({ item_id }) => item_id)).toEqual(itemIds);
  });

  it('has one row of an item, with the decision that was sent last', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address);
    await sink.send(telemetryOf('item-1'), never);
    const [before] = await server.rows(address, inTheOrderWritten);
    await sink.close();

    const restarted = await openSink(address);
    const later = { ...exampleTelemetry('item-1', 'KO'), receivedAt: new Date('2026-04-02T10:00:01Z') };
    const told = [exampleTelemetry('item-1', 'NO_DECISION'), later];
    await restarted.send([...telemetryOf('item-0'), ...told, ...telemetryOf('item-2')], never);
    expect(await server.rows(address, 'SELECT item_id FROM iothub.telemetry ORDER BY item_id')).toHaveLength(3);
    const [after] = await server.rows(address, "SELECT * FROM iothub.telemetry WHERE item_id = 'item-1'");
    expect(after).toEqual({ ...before, business_decision: 'KO', timestamp: new Date('2026-04-02T10:00:01Z') });
  });

  it('has one row of an item that several stations send at the same moment', async () => {
    const address = await server.newDatabase();
    const sinks = await Promise.all(Array.from({ length: 6 }, () => openSink(address)));
    // Often enough that two of them meet between looking for a row and writing it.
    for (let round = 0; round < 80; round += 1) {
      const told = telemetryOf(...Array.from({ length: 10 }, (_, index) => `item-${round}-${index}`));
      await Promise.all([...sinks, ...sinks].map((sink) => sink.send(told, never)));
    }
    expect(await server.rows(address, inTheOrderWritten)).toHaveLength(800);
  });

  it('refuses a text that PostgreSQL cannot hold, and takes the next', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address, { pool_size: 1 });
    const error = await failureOf(sink.send(telemetryOf('item-1', 'item\0'), never));
    expect(error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('invalid byte sequence') });
    const atNoTime = { ...exampleTelemetry('item-1'), receivedAt: new Date(Number.NaN) };
    expect(await failureOf(sink.send([atNoTime], never))).toMatchObject({ code: 'REFUSED' });
    await sink.send(telemetryOf('item-1'), never);
    expect(await server.rows(address, inTheOrderWritten)).toMatchObject([{ item_id: 'item-1' }]);
  });

  it('rejects what is under way when it is closed, and everything after', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address, { pool_size: 1 });
    const sent = Array.from({ length: 5 }, (_, index) => failureOf(sink.send(telemetryOf(`item-${index}`), never)));
    await Promise.all([sink.close(), sink.close()]);
    for (const error of [...(await Promise.all(sent)), await failureOf(sink.check(never))]) {
      expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: 'the telemetry sink is closed' });
    }
    const connected = "SELECT FROM pg_stat_activity WHERE application_name = 'edge-orchestrator'";
    await expect.poll(() => server.rows(address, `${connected} AND datname = current_database()`)).toEqual([]);
  });

  it('takes its address from a file that the environment names', async () => {
    const address = await server.newDatabase();
    const file = `${await temporaryFolder()}/address`;
    await writeFile(file, `${address}\n`);
    const context = { ...rootless, env: { POSTGRES_DB_URI_FILE: file } };
    const sink = await postgresqlTelemetrySink.open(OPTIONS, context);
    await sink.send(telemetryOf('item-1'), never);
    await sink.close();
    expect(await server.rows(address, inTheOrderWritten)).toHaveLength(1);
  });

  it('opens without an address, and says what to set when it has something to send', async () => {
    const sink = await postgresqlTelemetrySink.open(OPTIONS, rootless);
    const expected = { code: 'TELEMETRY_FAILED', message: expect.stringContaining('set POSTGRES_DB_URI') };
    expect(await failureOf(sink.check(never))).toMatchObject(expected);
    expect(await failureOf(sink.send(telemetryOf('item-1'), never))).toMatchObject(expected);
    await sink.close();
  });

  it('does nothing for no telemetry, wherever the server is', async () => {
    const sink = await openSink(`postgresql://edge:swordfish@127.0.0.1:${await freePort()}/iot`);
    await expect(sink.send([], never)).resolves.toBeUndefined();
  });

  it('says what to install where its package is absent', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      registerHooks({
        resolve(name, context, next) {
          if (name === 'pg') throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
          return next(name, context);
        },
      });
      const { postgresqlTelemetrySink } = await import(process.argv[1]);
      await postgresqlTelemetrySink.open({}, { env: {} }).catch((error) => console.log(error.code, error.message));`;
    const file = new URL('./postgresql-telemetry-sink.ts', import.meta.url).href;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, file]);
    expect(stdout).toMatch(/^CONFIG_INVALID the package pg is not installed: npm install pg/);
  });
});

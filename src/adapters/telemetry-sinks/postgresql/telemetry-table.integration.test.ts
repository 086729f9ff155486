import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleTelemetry } from '../../../ports/telemetry-sink.contract.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../postgres-server.test-support.ts';
import { failureOf, never, telemetryOf } from '../telemetry.test-support.ts';
import { openSink } from './sink.test-support.ts';

const ITEM = '0198f2b3-77aa-7cc1-8d2e-3a5b6c7d8e9f';

/** A table as another system may have made it, with the columns given instead. */
function tableWith(change: Readonly<Record<string, string>> = {}): string {
  const columns = {
    id: 'varchar(36) PRIMARY KEY',
    device_id: 'varchar(64)',
    business_decision: 'varchar(64)',
    timestamp: 'timestamp without time zone',
    item_id: 'varchar(36)',
    config: 'varchar(64)',
    ...change,
  };
  const lines = Object.entries(columns).map(([name, type]) => `"${name}" ${type}`);
  return `CREATE SCHEMA IF NOT EXISTS iothub; CREATE TABLE iothub.telemetry (${lines.join(', ')})`;
}

const all = 'SELECT * FROM iothub.telemetry';
const indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'iothub'";

describe.skipIf(withoutPostgres !== '')(`the table of telemetry${withoutPostgres}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.remove());

  /** A database with a user that may only do what is granted, after some statements. */
  async function databaseWithGuest(...statements: readonly string[]) {
    const address = await server.newDatabase();
    const database = new URL(address).pathname.slice(1);
    const guest = `guest_of_${database}`;
    await server.rows(address, `CREATE ROLE ${guest} LOGIN PASSWORD 'swordfish-guest'`);
    for (const statement of statements) await server.rows(address, statement.replaceAll('GUEST', guest));
    return { address, asGuest: server.address(database, guest, 'swordfish-guest') };
  }

  it('is made on the first use, and left alone by the next station', async () => {
    const address = await server.newDatabase();
    await (await openSink(address)).check(never);
    const made = await server.rows(address, indexes);
    expect(made.map(({ indexdef }) => indexdef)).toEqual([
      'CREATE UNIQUE INDEX telemetry_pkey ON iothub.telemetry USING btree (id)',
      'CREATE UNIQUE INDEX telemetry_item_id_key ON iothub.telemetry USING btree (item_id)',
    ]);
    await (await openSink(address)).check(never);
    expect(await server.rows(address, indexes)).toEqual(made);
    expect(await server.rows(address, "SELECT obj_description('iothub.telemetry'::regclass) AS version")).toEqual([
      { version: 'edge-orchestrator, version 2' },
    ]);
  });

  it('is made once by stations that start at the same moment', async () => {
    const address = await server.newDatabase();
    const sinks = await Promise.all(Array.from({ length: 8 }, () => openSink(address)));
    await Promise.all(sinks.map((sink, index) => sink.send(telemetryOf(`item-${index}`), never)));
    expect(await server.rows(address, all)).toHaveLength(8);
    expect(await server.rows(address, indexes)).toHaveLength(2);
  });

  it('is made again after someone removed it', async () => {
    const address = await server.newDatabase();
    const sink = await openSink(address);
    await sink.send(telemetryOf('item-1'), never);
    await server.rows(address, 'DROP SCHEMA iothub CASCADE');
    expect(await failureOf(sink.send(telemetryOf('item-2'), never))).toMatchObject({ code: 'TELEMETRY_FAILED' });
    await sink.send(telemetryOf('item-2'), never);
    expect(await server.rows(address, all)).toMatchObject([{ item_id: 'item-2' }]);
  });

  it.each([
    ['texts of a limited length', {}, { id: ITEM }],
    ['UUIDs', { id: 'uuid PRIMARY KEY', item_id: 'uuid NOT NULL' }, { id: ITEM }],
    ['ids that it counts itself', { id: 'serial PRIMARY KEY' }, { id: 1 }],
    ['identities', { id: 'bigint GENERATED ALWAYS AS IDENTITY' }, { id: '1' }],
    ['a column more', { comment: "text NOT NULL DEFAULT 'none'" }, { comment: 'none' }],
    ['characters', { item_id: 'char(36)' }, { id: ITEM }],
  ])('of another system is used as it is, and gets its unique index: one with %s', async (_, columns, expected) => {
    const address = await server.newDatabase();
    await server.rows(address, tableWith(columns));
    const sink = await openSink(address);
    await sink.send(telemetryOf(ITEM), never);
    await sink.send(telemetryOf(ITEM), never);
    const rows = await server.rows(address, `SELECT *, "timestamp"::text AS time FROM iothub.telemetry`);
    const written = { device_id: 'edge-1', business_decision: 'OK', item_id: ITEM, time: '2026-04-02 09:22:12.25' };
    expect(rows).toMatchObject([{ ...written, ...expected }]);
  });

  it('of another system may have its decisions as an enum', async () => {
    const address = await server.newDatabase();
    await server.rows(address, `CREATE TYPE "Decision" AS ENUM ('OK', 'KO')`);
    await server.rows(address, tableWith({ business_decision: '"Decision"' }));
    const sink = await openSink(address);
    await sink.send(telemetryOf(ITEM), never);
    const undecided = exampleTelemetry('item-2', 'NO_DECISION');
    expect(await failureOf(sink.send([undecided], never))).toMatchObject({ code: 'REFUSED' });
    expect(await server.rows(address, all)).toMatchObject([{ business_decision: 'OK' }]);
  });

  it('with several rows of an item gets no index before someone decides which to keep', async () => {
    const address = await server.newDatabase();
    await server.rows(address, tableWith());
    await server.rows(address, `INSERT INTO iothub.telemetry (id, item_id) VALUES ('1', 'a'), ('2', 'a'), ('3', 'b')`);
    const sink = await openSink(address);
    const error = await failureOf(sink.send(telemetryOf('c'), never));
    expect(error.code).toBe('TELEMETRY_FAILED');
    expect(error.message).toContain('the table iothub.telemetry cannot be made ready: could not create unique index');
    const [remedy = ''] = /DELETE FROM .+$/.exec(error.message) ?? [];
    await server.rows(address, remedy);
    await sink.send(telemetryOf('c'), never);
    const rows = await server.rows(address, 'SELECT id FROM iothub.telemetry ORDER BY item_id');
    expect(rows).toMatchObject([{ id: '2' }, { id: '3' }, {}]);
  });

  it.each([
    [{ config: 'integer' }, 'its column config is of type integer'],
    [{ item_id: 'bigint' }, 'its column item_id is of type bigint'],
    [{ id: 'integer PRIMARY KEY' }, 'its column id needs a value: give it a default'],
    [{ plant: 'text NOT NULL' }, 'its column plant needs a value: give it a default'],
  ])('that cannot take a row is told: one with %j', async (columns, reason) => {
    const address = await server.newDatabase();
    await server.rows(address, tableWith(columns));
    const error = await failureOf((await openSink(address)).check(never));
    expect(error).toMatchObject({
      code: 'TELEMETRY_FAILED',
      message: `the table iothub.telemetry cannot be used: ${reason}`,
    });
  });

  it('that lacks a column is told', async () => {
    const address = await server.newDatabase();
    await server.rows(address, `${tableWith()}; ALTER TABLE iothub.telemetry DROP COLUMN config`);
    const error = await failureOf((await openSink(address)).check(never));
    expect(error.message).toBe('the table iothub.telemetry cannot be used: it has no column config');
  });

  it('that lost its index is told', async () => {
    const address = await server.newDatabase();
    await (await openSink(address)).check(never);
    await server.rows(address, 'DROP INDEX iothub.telemetry_item_id_key');
    const error = await failureOf((await openSink(address)).check(never));
    expect(error.message).toMatch(/no unique index: CREATE UNIQUE INDEX ON iothub.telemetry \(item_id\)$/);
  });

  it('is filled by a user who may not make it, once it is there', async () => {
    const { address, asGuest } = await databaseWithGuest();
    const sink = await openSink(asGuest);
    expect(await failureOf(sink.send(telemetryOf('item-1'), never))).toMatchObject({
      code: 'TELEMETRY_FAILED',
      message: expect.stringMatching(/permission denied for database .+\. Let someone who may create/),
    });
    await (await openSink(address)).check(never);
    const guest = new URL(asGuest).username;
    await server.rows(address, `GRANT USAGE ON SCHEMA iothub TO ${guest}`);
    expect(await failureOf(sink.check(never))).toMatchObject({
      code: 'TELEMETRY_FAILED',
      message: expect.stringContaining('permission denied for table telemetry'),
    });
    await server.rows(address, `GRANT SELECT, INSERT, UPDATE ON iothub.telemetry TO ${guest}`);
    await sink.send(telemetryOf('item-1'), never);
    await sink.send(telemetryOf('item-1'), never);
    expect(await server.rows(address, all)).toMatchObject([{ item_id: 'item-1' }]);
  });

  it('is made in a schema that is there, by a user who may make no other', async () => {
    const { address, asGuest } = await databaseWithGuest('CREATE SCHEMA iothub', 'GRANT ALL ON SCHEMA iothub TO GUEST');
    await (await openSink(asGuest)).send(telemetryOf('item-1'), never);
    expect(await server.rows(address, all)).toHaveLength(1);
  });

  it('cannot be written where the server only reads, and that is told', async () => {
    const address = await server.newDatabase();
    await (await openSink(address)).check(never);
    const database = new URL(address).pathname.slice(1);
    await server.rows(address, `ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    const error = await failureOf((await openSink(address)).check(never));
    expect(error).toMatchObject({
      code: 'TELEMETRY_FAILED',
      message: expect.stringContaining('read-only transaction'),
    });
  });
});

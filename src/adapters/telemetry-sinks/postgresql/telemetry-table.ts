import { AppError } from '../../../domain/errors.ts';
import { reasonOf } from '../connections/reason-of.ts';
import { sqlStateOf } from './failures.ts';
import type { PostgresSession } from './session.ts';

/**
 * The versions of the table, oldest first; new ones are added at the end. Each may meet a table that another system
 * made, so it says IF NOT EXISTS. The version of a table is kept as its comment, which lives and dies with it.
 */
const MIGRATIONS = [
  `CREATE TABLE IF NOT EXISTS iothub.telemetry (
     id uuid PRIMARY KEY,
     device_id text NOT NULL,
     business_decision text NOT NULL,
     "timestamp" timestamptz NOT NULL,
     item_id text NOT NULL,
     config text NOT NULL
   )`,
  'CREATE UNIQUE INDEX IF NOT EXISTS telemetry_item_id_key ON iothub.telemetry (item_id)',
] as const;

/** Any number, as long as nothing else of the database locks the same. */
const MIGRATION_LOCK = '7204618395';

/** IF NOT EXISTS would ask for the right to create a schema even where there is one. */
const SCHEMA = `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'iothub') THEN CREATE SCHEMA iothub; END IF;
  END $$`;

const DESCRIBE = `
  SELECT a.attname AS name,
         pg_catalog.format_type(a.atttypid, -1) AS type,
         a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS required,
         EXISTS (
           SELECT FROM pg_catalog.pg_index i
           WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
             AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
         ) AS is_unique,
         t.typcategory AS category,
         pg_catalog.obj_description(c.oid, 'pg_class') AS comment
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE n.nspname = 'iothub' AND c.relname = 'telemetry' AND a.attnum > 0 AND NOT a.attisdropped`;

const COLUMNS = ['id', 'device_id', 'business_decision', 'timestamp', 'item_id', 'config'] as const;
type ColumnName = (typeof COLUMNS)[number];

/** Types that can hold what the product writes: any text, and what else is named here. */
const ALSO_HOLDS: Readonly<Partial<Record<ColumnName, (column: Column) => boolean>>> = {
  id: ({ type }) => type === 'uuid',
  business_decision: ({ category }) => category === 'E',
  timestamp: ({ category }) => category === 'D',
  item_id: ({ type }) => type === 'uuid',
};

interface Column {
  readonly type: string;
  /** The letter that PostgreSQL sorts types by: S is text, E an enum, D a date or time. */
  readonly category: string;
  /** It takes no null and has no value of its own. */
  readonly required: boolean;
  readonly isUnique: boolean;
}

interface Table {
  readonly columns: ReadonlyMap<string, Column>;
  readonly version: number;
}

/**
 * Makes the table when it is missing, and the unique index when a table of another system lacks it. Resolves to the
 * statement that writes rows into what is there now; rejects with `TELEMETRY_FAILED` and the remedy when it cannot
 * take them. One that has all that is needed is used as it is, so that the right to create is not.
 */
export async function prepareTable(session: PostgresSession, signal: AbortSignal): Promise<string> {
  let table = await describeTable(session, signal);
  if (table.columns.get('item_id')?.isUnique !== true) {
    await migrate(session, signal);
    table = await describeTable(session, signal);
  }
  const reason = reasonAgainst(table.columns);
  if (reason !== null) throw new AppError('TELEMETRY_FAILED', `the table iothub.telemetry cannot be used: ${reason}`);
  return insertInto(table.columns);
}

async function describeTable(session: PostgresSession, signal: AbortSignal): Promise<Table> {
  const rows = await session.run(DESCRIBE, [], signal);
  const columns = rows.map((row): [string, Column] => [
    String(row.name),
    {
      type: String(row.type),
      category: String(row.category),
      required: row.required === true,
      isUnique: row.is_unique === true,
    },
  ]);
  const [, version = '0'] = /^edge-orchestrator, version (\d+)$/.exec(String(rows[0]?.comment)) ?? [];
  return { columns: new Map(columns), version: Number(version) };
}

async function migrate(session: PostgresSession, signal: AbortSignal): Promise<void> {
  const run = (statement: string) => session.run(statement, [], signal);
  try {
    await run('BEGIN');
    // Another station may be at it: whoever comes second waits here, and finds it done.
    await run(`SELECT pg_catalog.pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const { version } = await describeTable(session, signal);
    if (version < MIGRATIONS.length) {
      await run(SCHEMA);
      for (const step of MIGRATIONS.slice(version)) await run(step);
      await run(`COMMENT ON TABLE iothub.telemetry IS 'edge-orchestrator, version ${MIGRATIONS.length}'`);
    }
    await run('COMMIT');
  } catch (error) {
    const remedy = remedyFor(sqlStateOf(error));
    if (remedy === null) throw error;
    const sentence = `the table iothub.telemetry cannot be made ready: ${reasonOf(error)}. ${remedy}`;
    throw new AppError('TELEMETRY_FAILED', sentence, { cause: error });
  }
}

function remedyFor(state: string | undefined): string | null {
  switch (state) {
    case '23505':
      return 'It has several rows of one item_id. Keep the last of each: DELETE FROM iothub.telemetry a USING iothub.telemetry b WHERE a.item_id = b.item_id AND a.ctid < b.ctid';
    case '42501':
      return 'Let someone who may create the schema iothub, the table, and a unique index on its column item_id do so, or grant this user CREATE on the database';
    case '57014':
      return 'Raise timeout_ms, or create the unique index by hand: CREATE UNIQUE INDEX CONCURRENTLY ON iothub.telemetry (item_id)';
    default:
      return null;
  }
}

/** Why rows cannot be written into a table with these columns, or null. */
function reasonAgainst(columns: Table['columns']): string | null {
  for (const name of COLUMNS) {
    const column = columns.get(name);
    if (name === 'id' && !holds(name, column)) continue;
    if (column === undefined) return `it has no column ${name}`;
    if (!holds(name, column)) return `its column ${name} is of type ${column.type}`;
  }
  const written = (name: string) => COLUMNS.some((known) => known === name && holds(known, columns.get(known)));
  const [other] = [...columns].find(([name, { required }]) => required && !written(name)) ?? [];
  if (other !== undefined) return `its column ${other} needs a value: give it a default`;
  if (columns.get('item_id')?.isUnique === true) return null;
  return 'its column item_id has no unique index: CREATE UNIQUE INDEX ON iothub.telemetry (item_id)';
}

function holds(name: ColumnName, column: Column | undefined): boolean {
  if (column === undefined) return false;
  return column.category === 'S' || (ALSO_HOLDS[name]?.(column) ?? false);
}

/**
 * One statement for any number of rows, written in their order: the values of each column are one list. A time without
 * a zone is written as that of UTC; numbers that the table counts itself are left to it.
 */
function insertInto(columns: Table['columns']): string {
  const written = COLUMNS.filter((name) => name !== 'id' || holds(name, columns.get(name)));
  const quoted = written.map((name) => `"${name}"`).join(', ');
  const values = written.map((name) => `given."${name}"::${columns.get(name)?.type}`).join(', ');
  const lists = COLUMNS.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const names = COLUMNS.map((name) => `"${name}"`).join(', ');
  const updated = written.filter((name) => name !== 'id' && name !== 'item_id');
  return `
    INSERT INTO iothub.telemetry (${quoted})
    SELECT ${values} FROM unnest(${lists}) WITH ORDINALITY AS given (${names}, position) ORDER BY position
    ON CONFLICT (item_id) DO UPDATE SET ${updated.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`;
}

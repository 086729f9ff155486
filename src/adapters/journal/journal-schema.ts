import type { DatabaseSync } from 'node:sqlite';

/** Steps from an empty file to today's schema; `user_version` counts those that a file has taken. A step never changes. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE items (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    received_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    decision TEXT,
    station_config TEXT NOT NULL,
    serial_number TEXT,
    idempotency_key TEXT,
    item TEXT NOT NULL
  );
  CREATE INDEX items_by_time ON items (received_ms, seq);
  CREATE INDEX items_by_decision ON items (decision, received_ms, seq);
  CREATE INDEX items_by_config ON items (station_config, received_ms, seq);
  CREATE INDEX items_by_serial_number ON items (serial_number, received_ms, seq) WHERE serial_number IS NOT NULL;
  CREATE INDEX items_by_key ON items (idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX items_unfinished ON items (state, received_ms, seq) WHERE state <> 'Done';`,
  `
  ALTER TABLE items ADD COLUMN keep_class TEXT NOT NULL DEFAULT 'NO_DECISION';
  ALTER TABLE items ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE items SET keep_class = decision WHERE decision IS NOT NULL;
  -- all that retention looks at, so that it never has to read the items themselves
  CREATE INDEX items_by_keep_class ON items (keep_class, received_ms, seq, bytes) WHERE state = 'Done';
  CREATE TABLE deliveries (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    item_seq INTEGER NOT NULL,
    destination TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    since_ms INTEGER NOT NULL,
    settled_ms INTEGER,
    error TEXT,
    UNIQUE (item_seq, destination)
  );
  CREATE INDEX deliveries_waiting ON deliveries (destination, place, since_ms) WHERE state = 'waiting';
  CREATE INDEX deliveries_set_aside ON deliveries (settled_ms) WHERE state = 'set_aside';
  CREATE TABLE recoveries (
    item_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE removed (id TEXT PRIMARY KEY, station_config TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE tally (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`,
];

/** Brings a file to today's schema, each step whole or not at all. Throws for a file that a newer version has written. */
export function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > MIGRATIONS.length) {
    throw new Error(`the journal was written by a newer version of this program (its schema is ${version})`);
  }
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index >= version) database.exec(`BEGIN; ${step} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

/** Facts of the station lie beside its items, or in a file of their own where the items are only in memory. */
export function factsTable(schema: 'main' | 'apart'): string {
  return `CREATE TABLE IF NOT EXISTS ${schema}.facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`;
}

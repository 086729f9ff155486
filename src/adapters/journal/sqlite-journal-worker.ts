import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { ItemRow, JournalAnswer, JournalRequest, JournalSetup, ListRequest, ListRow } from './journal-messages.ts';

/**
 * The thread that owns the journal's file. Requests that arrived together are answered together: their writes share
 * one transaction, and so one sync of the disk; reads come after it.
 */

const SCHEMA_VERSION = 1;
const SCHEMA = `
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
  CREATE INDEX items_unfinished ON items (state, received_ms, seq) WHERE state <> 'Done';
`;
const FACTS = (schema: string): string =>
  `CREATE TABLE IF NOT EXISTS ${schema}.facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`;

const RECORD = `
  INSERT INTO items (id, received_ms, state, decision, station_config, serial_number, idempotency_key, item)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, decision = excluded.decision, item = excluded.item`;

const { file, capacity, factsFile } = workerData as JournalSetup;
const database = openDatabase(file);
const statements = new Map<string, StatementSync>();
/** Longest time that what is only noted waits for company. */
const NOTE_MS = 25;
let waiting: JournalRequest[] = [];
let isDue = false;
let noteTimer: NodeJS.Timeout | undefined;

parentPort?.on('message', (request: JournalRequest) => {
  waiting.push(request);
  if (request.kind === 'note') {
    noteTimer ??= setTimeout(answerWaiting, NOTE_MS);
  } else if (!isDue) {
    isDue = true;
    setImmediate(answerWaiting);
  }
});

function openDatabase(path: string): DatabaseSync {
  const opened = new DatabaseSync(path);
  opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000');
  const version = opened.prepare('PRAGMA user_version').get()?.user_version;
  if (version === 0) opened.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  else if (version !== SCHEMA_VERSION) {
    throw new Error(`the journal was written by another version of this program (its schema is ${version})`);
  }
  if (factsFile !== null) opened.prepare('ATTACH DATABASE ? AS apart').run(factsFile);
  opened.exec(FACTS(factsFile === null ? 'main' : 'apart'));
  return opened;
}

function prepared(sql: string): StatementSync {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = database.prepare(sql);
  statements.set(sql, statement);
  return statement;
}

type WriteRequest = Extract<JournalRequest, { kind: 'record' | 'note' | 'remember' }>;

function isWrite(request: JournalRequest): request is WriteRequest {
  return request.kind === 'record' || request.kind === 'note' || request.kind === 'remember';
}

function answerWaiting(): void {
  const requests = waiting;
  waiting = [];
  isDue = false;
  clearTimeout(noteTimer);
  noteTimer = undefined;
  const writes = requests.filter(isWrite);
  const failure = writes.length === 0 ? null : commitTogether(writes);
  const answers = requests.map((request): JournalAnswer => {
    if (isWrite(request)) return { id: request.id, value: null, failure };
    return read(request);
  });
  parentPort?.postMessage(answers);
  if (requests.some((request) => request.kind === 'close')) parentPort?.close();
}

function commitTogether(writes: readonly WriteRequest[]): JournalAnswer['failure'] {
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const write of writes) {
      if (write.kind === 'remember') {
        prepared('INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)').run(write.key, write.value);
      } else for (const row of write.rows) record(row);
    }
    if (capacity !== null) {
      prepared('DELETE FROM items WHERE seq <= (SELECT max(seq) FROM items) - ?').run(capacity);
    }
    database.exec('COMMIT');
    return null;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    return failureOf(error);
  }
}

function record(row: ItemRow): void {
  const { id, receivedMs, state, decision, stationConfig, serialNumber, idempotencyKey, text } = row;
  prepared(RECORD).run(id, receivedMs, state, decision, stationConfig, serialNumber, idempotencyKey, text);
}

function read(request: JournalRequest): JournalAnswer {
  try {
    return { id: request.id, value: answerTo(request), failure: null };
  } catch (error) {
    return { id: request.id, value: null, failure: failureOf(error) };
  }
}

function answerTo(request: JournalRequest): unknown {
  switch (request.kind) {
    case 'find':
      return prepared('SELECT item FROM items WHERE id = ?').get(request.itemId)?.item ?? null;
    case 'id-of-key':
      return prepared('SELECT id FROM items WHERE idempotency_key = ?').get(request.idempotencyKey)?.id ?? null;
    case 'unfinished':
      return prepared("SELECT item FROM items WHERE state <> 'Done' ORDER BY received_ms, seq")
        .all()
        .map((row) => row.item);
    case 'list':
      return list(request);
    case 'recall':
      return prepared('SELECT value FROM facts WHERE key = ?').get(request.key)?.value ?? null;
    case 'is-empty':
      return prepared('SELECT 1 FROM items LIMIT 1').get() === undefined;
    case 'close':
      statements.clear();
      database.close();
      return null;
    default:
      throw new Error(`the journal has no answer to "${request.kind}"`);
  }
}

function list({ filter, limit, before }: ListRequest): readonly ListRow[] {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...given: SQLInputValue[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  if (filter.decision !== undefined) add('decision = ?', filter.decision);
  // a literal, so that the partial index of the unfinished items serves it; the states are ours, not the caller's
  if (filter.state === 'Done') add("state = 'Done'");
  else if (filter.state !== undefined) add("state <> 'Done' AND state = ?", filter.state);
  if (filter.stationConfig !== undefined) add('station_config = ?', filter.stationConfig);
  if (filter.serialNumber !== undefined) add('serial_number = ?', filter.serialNumber);
  if (filter.from !== undefined) add('received_ms >= ?', filter.from);
  if (filter.to !== undefined) add('received_ms <= ?', filter.to);
  if (before !== null) add('(received_ms, seq) < (?, ?)', before.receivedMs, before.seq);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT seq, received_ms, item FROM items ${where} ORDER BY received_ms DESC, seq DESC LIMIT ?`;
  return prepared(sql)
    .all(...values, limit)
    .map((row) => ({
      seq: Number(row.seq),
      receivedMs: Number(row.received_ms),
      text: String(row.item),
    }));
}

function failureOf(error: unknown): JournalAnswer['failure'] {
  const message = error instanceof Error ? error.message : String(error);
  const SQLITE_FULL = 13;
  const isFull = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_FULL;
  return { message, isFull };
}

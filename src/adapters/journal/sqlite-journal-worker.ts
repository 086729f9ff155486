import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { deliveryTable } from './delivery-table.ts';
import { itemTable } from './item-table.ts';
import type { JournalAnswer, JournalCalls, JournalRequest, JournalSetup, JournalWrites } from './journal-messages.ts';
import { factsTable, migrate } from './journal-schema.ts';
import { preparedStatements } from './statements.ts';
import { storedItemsTable } from './stored-items-table.ts';

/**
 * The thread that owns the journal's file. Requests that arrived together are answered together: their writes share
 * one transaction, and so one sync of the disk; reads come after it.
 */

const { file, capacity, factsFile } = workerData as JournalSetup;
const database = openDatabase(file);
const statements = preparedStatements(database);
/** Longest time that a patient write waits for company. */
const PATIENCE_MS = 25;
let waiting: JournalRequest[] = [];
let isDue = false;
let patience: NodeJS.Timeout | undefined;

const calls: JournalCalls = {
  ...itemTable(statements, capacity),
  ...deliveryTable(statements),
  ...storedItemsTable(statements),
  close() {
    database.close();
  },
};
const WRITES: Readonly<Record<keyof JournalWrites, true>> = {
  record: true,
  remember: true,
  settle: true,
  reopen: true,
  drop: true,
  putRecovery: true,
  removeRecovery: true,
  remove: true,
};

parentPort?.on('message', (request: JournalRequest) => {
  waiting.push(request);
  if (request.isPatient) {
    patience ??= setTimeout(answerWaiting, PATIENCE_MS);
  } else if (!isDue) {
    isDue = true;
    setImmediate(answerWaiting);
  }
});

function openDatabase(path: string): DatabaseSync {
  const opened = new DatabaseSync(path);
  opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000');
  migrate(opened);
  if (factsFile !== null) opened.prepare('ATTACH DATABASE ? AS apart').run(factsFile);
  opened.exec(factsTable(factsFile === null ? 'main' : 'apart'));
  return opened;
}

function answerWaiting(): void {
  const requests = waiting;
  waiting = [];
  isDue = false;
  clearTimeout(patience);
  patience = undefined;
  const writes = requests.filter(({ call }) => call in WRITES);
  const written = writes.length === 0 ? new Map<number, JournalAnswer>() : commitTogether(writes);
  parentPort?.postMessage(requests.map((request) => written.get(request.id) ?? read(request)));
  if (requests.some(({ call }) => call === 'close')) parentPort?.close();
}

function commitTogether(writes: readonly JournalRequest[]): Map<number, JournalAnswer> {
  try {
    database.exec('BEGIN IMMEDIATE');
    const answers = new Map(writes.map((write) => [write.id, answerOf(write)]));
    database.exec('COMMIT');
    return answers;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    const failure = failureOf(error);
    return new Map(writes.map(({ id }) => [id, { id, value: null, failure }]));
  }
}

function read(request: JournalRequest): JournalAnswer {
  try {
    return answerOf(request);
  } catch (error) {
    return { id: request.id, value: null, failure: failureOf(error) };
  }
}

function answerOf({ id, call, args }: JournalRequest): JournalAnswer {
  const run = calls[call] as (...given: readonly unknown[]) => unknown;
  return { id, value: run(...args) ?? null, failure: null };
}

function failureOf(error: unknown): JournalAnswer['failure'] {
  const message = error instanceof Error ? error.message : String(error);
  const SQLITE_FULL = 13;
  const isFull = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_FULL;
  return { message, isFull };
}

import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { diskError } from '../../disk/disk-error.ts';
import { AppError, messageOf } from '../../domain/errors.ts';
import type { Item } from '../../domain/item.ts';
import type { ItemQuery, Journal } from '../../ports/journal.ts';
import type {
  ItemRow,
  JournalAnswer,
  JournalQuestion,
  JournalSetup,
  ListPlace,
  ListRequest,
  ListRow,
} from './journal-messages.ts';

const WORKER_FILE = import.meta.url.endsWith('.ts') ? './sqlite-journal-worker.ts' : './sqlite-journal-worker.js';

export interface SqliteJournalOptions {
  /** Absolute path of `journal.db`, or `:memory:` for a journal that is gone with the process. */
  readonly file: string;
  /** Most items to keep before the oldest leave; null keeps all. */
  readonly capacity: number | null;
  /** Absolute path of a file for what must outlive the process where the items need not. */
  readonly factsFile?: string;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** True when it holds no item yet, so that it may have to be filled from the storages. */
  readonly isEmpty: boolean;
  /** Why an earlier file was set aside and a new one begun; null when that was not so. */
  readonly setAside: string | null;
}

/**
 * Opens the journal in a thread of its own, so that no sync of the disk ever stops the main thread. A file that SQLite
 * cannot read is set aside under another name: the journal can be filled anew from the storages.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<OpenedJournal> {
  const setup: JournalSetup = { ...options, factsFile: options.factsFile ?? null };
  const diskFile = setup.factsFile ?? setup.file;
  if (diskFile !== ':memory:') {
    await mkdir(dirname(diskFile), { recursive: true }).catch((error: unknown) => {
      throw diskError('the folder of data/journal.db cannot be made', error);
    });
  }
  let setAside: string | null = null;
  const connection = await connect(setup).catch(async (error: unknown) => {
    const reason = messageOf(error);
    if (!/not a database|malformed|corrupt/.test(reason)) {
      throw new AppError('STORAGE_FAILED', `data/journal.db cannot be opened: ${reason}`, { cause: error });
    }
    setAside = reason;
    await setFileAside(diskFile);
    return await connect(setup);
  });
  const isEmpty = (await connection.ask({ kind: 'is-empty' })) === true;
  return { journal: journalOver(connection), isEmpty, setAside };
}

async function setFileAside(file: string): Promise<void> {
  await rename(file, `${file}.unreadable-${Date.now()}`);
  for (const suffix of ['-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
}

interface Connection {
  ask(question: JournalQuestion): Promise<unknown>;
  close(): Promise<void>;
}

async function connect(setup: JournalSetup): Promise<Connection> {
  const worker = new Worker(new URL(WORKER_FILE, import.meta.url), { workerData: setup, name: 'journal' });
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  let ended: AppError | null = null;

  const end = (reason: string, cause?: unknown): void => {
    ended ??= new AppError('STORAGE_FAILED', `the journal is closed: ${reason}`, { cause });
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  };
  worker.on('error', (error) => end(messageOf(error), error));
  worker.on('exit', () => end('its thread has ended'));
  worker.on('message', (answers: readonly JournalAnswer[]) => {
    for (const { id, value, failure } of answers) {
      const waiter = pending.get(id);
      pending.delete(id);
      if (failure === null) waiter?.resolve(value);
      else waiter?.reject(new AppError(failure.isFull ? 'STORAGE_FULL' : 'STORAGE_FAILED', sentenceOf(failure)));
    }
  });

  const ask = (question: JournalQuestion): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(ended);
      lastId += 1;
      pending.set(lastId, { resolve, reject });
      worker.postMessage({ ...question, id: lastId });
    });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // a thread that has ended has nothing left to commit
    if (ended === null) await ask({ kind: 'close' });
    await worker.terminate();
  };
  const connection: Connection = {
    ask,
    close() {
      closing ??= close();
      return closing;
    },
  };
  try {
    await ask({ kind: 'is-empty' });
  } catch (error) {
    await worker.terminate();
    throw error instanceof AppError && error.cause instanceof Error ? error.cause : error;
  }
  return connection;
}

function sentenceOf({ message, isFull }: { message: string; isFull: boolean }): string {
  return `data/journal.db could not be written: ${isFull ? 'the disk is full' : message}`;
}

function journalOver(connection: Connection): Journal {
  return {
    async record(items) {
      await connection.ask({ kind: 'record', rows: items.map(rowOf) });
    },
    async note(items) {
      await connection.ask({ kind: 'note', rows: items.map(rowOf) });
    },
    async find(id) {
      const text = await connection.ask({ kind: 'find', itemId: id });
      return typeof text === 'string' ? itemOf(text) : undefined;
    },
    async idOfKey(idempotencyKey) {
      const id = await connection.ask({ kind: 'id-of-key', idempotencyKey });
      return typeof id === 'string' ? id : undefined;
    },
    async list(query) {
      const rows = (await connection.ask(listRequest(query))) as readonly ListRow[];
      const page = rows.slice(0, query.limit);
      const last = page.at(-1);
      const hasMore = rows.length > query.limit && last !== undefined;
      return { items: page.map(({ text }) => itemOf(text)), next: hasMore ? cursorOf(last) : null };
    },
    async unfinished() {
      return ((await connection.ask({ kind: 'unfinished' })) as readonly string[]).map(itemOf);
    },
    async remember(key, value) {
      await connection.ask({ kind: 'remember', key, value });
    },
    async recall(key) {
      const value = await connection.ask({ kind: 'recall', key });
      return typeof value === 'string' ? value : undefined;
    },
    close: connection.close,
  };
}

function rowOf(item: Item): ItemRow {
  return {
    id: item.id,
    receivedMs: Date.parse(item.received_at),
    state: item.state,
    decision: item.decision,
    stationConfig: item.station_config,
    serialNumber: item.serial_number,
    idempotencyKey: item.idempotency_key,
    text: JSON.stringify(item),
  };
}

/** The journal holds only what `rowOf` wrote. */
function itemOf(text: string): Item {
  return JSON.parse(text) as Item;
}

function listRequest({ limit, cursor, ...filter }: ItemQuery): ListRequest {
  // one more than asked for tells whether there is a next page
  return { kind: 'list', filter, limit: limit + 1, before: cursor === undefined ? null : placeOf(cursor) };
}

function cursorOf({ receivedMs, seq }: ListPlace): string {
  return `${receivedMs.toString(36)}.${seq.toString(36)}`;
}

function placeOf(cursor: string): ListPlace {
  const match = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/.exec(cursor);
  const receivedMs = Number.parseInt(match?.[1] ?? '', 36);
  const seq = Number.parseInt(match?.[2] ?? '', 36);
  if (match === null || !Number.isSafeInteger(receivedMs) || !Number.isSafeInteger(seq)) {
    throw new AppError('REQUEST_INVALID', 'the cursor is not one that this list gave');
  }
  return { receivedMs, seq };
}

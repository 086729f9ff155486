import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { diskError } from '../../disk/disk-error.ts';
import { type Destination, isFor } from '../../domain/delivery.ts';
import { AppError, messageOf } from '../../domain/errors.ts';
import type { Item } from '../../domain/item.ts';
import { keepClassOf } from '../../domain/keep-class.ts';
import type { ItemQuery, Journal } from '../../ports/journal.ts';
import type {
  ItemRow,
  JournalAnswer,
  JournalCalls,
  JournalRequest,
  JournalSetup,
  ListPlace,
  ListRequest,
} from './journal-messages.ts';

const WORKER_FILE = import.meta.url.endsWith('.ts') ? './sqlite-journal-worker.ts' : './sqlite-journal-worker.js';

export interface SqliteJournalOptions {
  /** Absolute path of `journal.db`, or `:memory:` for a journal that is gone with the process. */
  readonly file: string;
  /** Most items to keep before the oldest leave; null keeps all. */
  readonly capacity: number | null;
  /** Absolute path of a file for what must outlive the process where the items need not. */
  readonly factsFile?: string;
  /** Where every item that becomes `Done` is to be delivered to. */
  readonly destinations?: readonly Destination[];
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
  const { file, capacity, factsFile = null } = options;
  const setup: JournalSetup = { file, capacity, factsFile };
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
  const isEmpty = await connection.ask('isEmpty');
  return { journal: journalOver(connection, options.destinations ?? []), isEmpty, setAside };
}

async function setFileAside(file: string): Promise<void> {
  await rename(file, `${file}.unreadable-${Date.now()}`);
  for (const suffix of ['-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
}

type Ask = <Call extends keyof JournalCalls>(
  call: Call,
  ...args: Parameters<JournalCalls[Call]>
) => Promise<ReturnType<JournalCalls[Call]>>;

interface Connection {
  readonly ask: Ask;
  /** The same for a write that may wait a moment for company. */
  readonly tell: Ask;
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

  const send = (isPatient: boolean): Ask => {
    const request = (call: keyof JournalCalls, ...args: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended);
        lastId += 1;
        pending.set(lastId, { resolve, reject });
        worker.postMessage({ id: lastId, call, args, isPatient } satisfies JournalRequest);
      });
    return request as Ask;
  };
  const ask = send(false);

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // a thread that has ended has nothing left to commit
    if (ended === null) await ask('close');
    await worker.terminate();
  };
  const connection: Connection = {
    ask,
    tell: send(true),
    close() {
      closing ??= close();
      return closing;
    },
  };
  try {
    await ask('isEmpty');
  } catch (error) {
    await worker.terminate();
    throw error instanceof AppError && error.cause instanceof Error ? error.cause : error;
  }
  return connection;
}

function sentenceOf({ message, isFull }: { message: string; isFull: boolean }): string {
  return `data/journal.db could not be written: ${isFull ? 'the disk is full' : message}`;
}

function journalOver({ ask, tell, close }: Connection, destinations: readonly Destination[]): Journal {
  const rowsOf = (items: readonly Item[]): readonly ItemRow[] => items.map((item) => rowOf(item, destinations));
  return {
    record: (items) => ask('record', rowsOf(items)),
    note: (items) => tell('record', rowsOf(items)),
    async find(id) {
      const text = await ask('find', id);
      return text === null ? undefined : itemOf(text);
    },
    idOfKey: async (idempotencyKey) => (await ask('idOfKey', idempotencyKey)) ?? undefined,
    async list(query) {
      const rows = await ask('list', listRequest(query));
      const page = rows.slice(0, query.limit);
      const last = page.at(-1);
      const hasMore = rows.length > query.limit && last !== undefined;
      return { items: page.map(({ text }) => itemOf(text)), next: hasMore ? cursorOf(last) : null };
    },
    unfinished: async () => (await ask('unfinished')).map(itemOf),
    remember: (key, value) => ask('remember', key, value),
    recall: async (key) => (await ask('recall', key)) ?? undefined,
    outbox: {
      due: async (destination, limit) =>
        (await ask('due', destination, limit)).map(({ text, ...piece }) => ({ ...piece, item: itemOf(text) })),
      settle: (outcomes) => tell('settle', outcomes),
      of: (itemId) => ask('deliveriesOf', itemId),
      backlogs: async () => (await ask('backlogs')).filter(({ destination }) => destinations.includes(destination)),
      reopen: (itemId, destination) => ask('reopen', itemId, destination),
      drop: (itemId, destination) => ask('drop', itemId, destination),
    },
    recoveries: {
      all: () => ask('recoveries'),
      put: (recovery) => ask('putRecovery', recovery),
      remove: (itemId) => ask('removeRecovery', itemId),
      deadLetters: () => ask('deadLetters'),
    },
    stored: {
      has: (id) => ask('has', id),
      count: () => ask('count'),
      walk: (after, limit) => ask('walk', after, limit),
      removable: (keepClass, beforeMs, limit) => ask('removable', keepClass, beforeMs, limit),
      remove: (ids, isKeptElsewhere) => ask('remove', ids, isKeptElsewhere),
      configOfRemoved: async (id) => (await ask('configOfRemoved', id)) ?? undefined,
      removed: () => ask('removed'),
      bytes: () => ask('bytes'),
    },
    close,
  };
}

function rowOf(item: Item, destinations: readonly Destination[]): ItemRow {
  const text = JSON.stringify(item);
  return {
    id: item.id,
    receivedMs: Date.parse(item.received_at),
    state: item.state,
    decision: item.decision,
    stationConfig: item.station_config,
    serialNumber: item.serial_number,
    idempotencyKey: item.idempotency_key,
    keepClass: keepClassOf(item),
    bytes: item.stored_bytes + text.length,
    text,
    destinations: destinations.filter((destination) => isFor(destination, item)),
  };
}

/** The journal holds only what `rowOf` wrote. */
function itemOf(text: string): Item {
  return JSON.parse(text) as Item;
}

function listRequest({ limit, cursor, ...filter }: ItemQuery): ListRequest {
  // one more than asked for tells whether there is a next page
  return { filter, limit: limit + 1, before: cursor === undefined ? null : placeOf(cursor) };
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

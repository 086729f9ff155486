import type { SQLInputValue } from 'node:sqlite';
import type { ItemRow, JournalReads, JournalWrites, ListRequest, ListRow } from './journal-messages.ts';
import type { Statements } from './statements.ts';

type ItemCalls = Pick<JournalWrites, 'record' | 'remember'> &
  Pick<JournalReads, 'find' | 'idOfKey' | 'list' | 'unfinished' | 'isEmpty' | 'recall'>;

const UPSERT = `
  INSERT INTO items (id, received_ms, state, decision, station_config, serial_number, idempotency_key, keep_class,
    bytes, item)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, decision = excluded.decision,
    keep_class = excluded.keep_class, bytes = excluded.bytes, item = excluded.item
  RETURNING seq`;

/** The items themselves, and the facts of the station. `capacity`: most items to keep, or null for all. */
export function itemTable(sql: Statements, capacity: number | null): ItemCalls {
  const record = (row: ItemRow): void => {
    const { id, receivedMs, state, decision, stationConfig, serialNumber, idempotencyKey } = row;
    const { keepClass, bytes, text, destinations } = row;
    const columns = [id, receivedMs, state, decision, stationConfig, serialNumber, idempotencyKey];
    const wasDone = sql("SELECT 1 FROM items WHERE id = ? AND state = 'Done'").get(id) !== undefined;
    const seq = sql(UPSERT).get(...columns, keepClass, bytes, text)?.seq as number;
    if (state !== 'Done') return;
    const isTakenUp = sql("DELETE FROM recoveries WHERE item_id = ? AND state = 'running'").run(id).changes !== 0;
    // a record that is only repeated has nothing new to tell anybody
    if (wasDone && !isTakenUp) return;
    for (const destination of destinations) {
      sql('INSERT OR REPLACE INTO deliveries (item_seq, destination, since_ms) VALUES (?, ?, ?)').run(
        ...[seq, destination, Date.now()],
      );
    }
  };

  return {
    record(rows) {
      for (const row of rows) record(row);
      if (capacity === null) return;
      const beyond = '<= (SELECT max(seq) FROM items) - ?';
      sql(`DELETE FROM deliveries WHERE item_seq ${beyond}`).run(capacity);
      sql(`DELETE FROM items WHERE seq ${beyond}`).run(capacity);
    },
    remember(key, value) {
      sql('INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)').run(key, value);
    },
    recall: (key) => (sql('SELECT value FROM facts WHERE key = ?').get(key)?.value as string | undefined) ?? null,
    find: (id) => (sql('SELECT item FROM items WHERE id = ?').get(id)?.item as string | undefined) ?? null,
    idOfKey: (key) =>
      (sql('SELECT id FROM items WHERE idempotency_key = ?').get(key)?.id as string | undefined) ?? null,
    unfinished: () =>
      sql("SELECT item FROM items WHERE state <> 'Done' ORDER BY received_ms, seq")
        .all()
        .map(({ item }) => String(item)),
    isEmpty: () => sql('SELECT 1 FROM items LIMIT 1').get() === undefined,
    list: (request) => listed(sql, request),
  };
}

function listed(sql: Statements, { filter, limit, before }: ListRequest): readonly ListRow[] {
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
  return sql(`SELECT seq, received_ms, item FROM items ${where} ORDER BY received_ms DESC, seq DESC LIMIT ?`)
    .all(...values, limit)
    .map((row) => ({
      seq: Number(row.seq),
      receivedMs: Number(row.received_ms),
      text: String(row.item),
    }));
}

import { DESTINATIONS } from '../../domain/delivery.ts';
import type { JournaledItem } from '../../ports/journal.ts';
import type { JournalReads, JournalWrites } from './journal-messages.ts';
import { type Row, rowsOf, type Statements } from './statements.ts';

type StoredItemCalls = Pick<JournalWrites, 'remove'> &
  Pick<JournalReads, 'has' | 'count' | 'walk' | 'removable' | 'configOfRemoved' | 'removed' | 'bytes'>;

const COLUMNS = `
  seq, id, station_config, state, decision, bytes, received_ms, item ->> '$.binaries' AS binaries,
  (SELECT json_group_object(destination, state) FROM deliveries WHERE item_seq = seq) AS deliveries`;

const REMOVABLE = `
  SELECT ${COLUMNS} FROM items
  WHERE state = 'Done' AND keep_class = ? AND received_ms < ?
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE item_seq = seq AND deliveries.state <> 'delivered')
  ORDER BY received_ms, seq LIMIT ?`;

/** The items as the ledger and retention look at them. */
export function storedItemsTable(sql: Statements): StoredItemCalls {
  const count = (key: string): void => {
    sql('INSERT INTO tally (key, value) VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = value + 1').run(key);
  };
  const counted = (key: string): number => Number(sql('SELECT value FROM tally WHERE key = ?').get(key)?.value ?? 0);

  const remove = (id: string, isKeptElsewhere: boolean): void => {
    const found = sql('SELECT seq, decision, station_config FROM items WHERE id = ?').get(id);
    if (found === undefined) return;
    const seq = Number(found.seq);
    count(found.decision === null ? 'uploads' : 'triggers');
    const delivered = sql("SELECT destination FROM deliveries WHERE item_seq = ? AND state = 'delivered'").all(seq);
    for (const { destination } of delivered) count(`delivered ${destination}`);
    if (isKeptElsewhere) {
      sql('INSERT OR REPLACE INTO removed (id, station_config) VALUES (?, ?)').run(id, String(found.station_config));
    }
    sql('DELETE FROM deliveries WHERE item_seq = ?').run(seq);
    sql('DELETE FROM recoveries WHERE item_id = ?').run(id);
    sql('DELETE FROM items WHERE seq = ?').run(seq);
  };

  return {
    remove(ids, isKeptElsewhere) {
      for (const id of ids) remove(id, isKeptElsewhere);
    },
    has: (id) => sql('SELECT 1 FROM items WHERE id = ?').get(id) !== undefined,
    count: () => Number(sql('SELECT count(*) AS n FROM items').get()?.n),
    walk: (after, limit) =>
      rowsOf(sql(`SELECT ${COLUMNS} FROM items WHERE seq > ? ORDER BY seq LIMIT ?`).all(after, limit)).map(itemOf),
    removable: (keepClass, beforeMs, limit) => rowsOf(sql(REMOVABLE).all(keepClass, beforeMs, limit)).map(itemOf),
    configOfRemoved: (id) =>
      (sql('SELECT station_config FROM removed WHERE id = ?').get(id)?.station_config as string | undefined) ?? null,
    removed: () => ({
      triggers: counted('triggers'),
      uploads: counted('uploads'),
      delivered: Object.fromEntries(DESTINATIONS.map((name) => [name, counted(`delivered ${name}`)])),
    }),
    bytes: () => Number(sql("SELECT total(bytes) AS bytes FROM items WHERE state = 'Done'").get()?.bytes),
  };
}

function itemOf(row: Row): JournaledItem {
  const deliveries = JSON.parse(String(row.deliveries)) as Record<string, string>;
  return {
    place: Number(row.seq),
    id: String(row.id),
    stationConfig: String(row.station_config),
    state: row.state as JournaledItem['state'],
    decision: row.decision as JournaledItem['decision'],
    binaries: JSON.parse(String(row.binaries)) as string[],
    bytes: Number(row.bytes),
    receivedMs: Number(row.received_ms),
    deliveries: Object.entries(deliveries).map(
      ([destination, state]) => ({ destination, state }) as JournaledItem['deliveries'][number],
    ),
  };
}

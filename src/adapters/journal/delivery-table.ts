import { DESTINATIONS } from '../../domain/delivery.ts';
import type { Backlog, DeadLetter, Recovery } from '../../ports/journal.ts';
import type { DueRow, JournalReads, JournalWrites } from './journal-messages.ts';
import { rowsOf, type Statements } from './statements.ts';

type DeliveryCalls = Pick<JournalWrites, 'settle' | 'reopen' | 'drop' | 'putRecovery' | 'removeRecovery'> &
  Pick<JournalReads, 'due' | 'deliveriesOf' | 'backlogs' | 'recoveries' | 'deadLetters'>;

const DUE = `
  SELECT place, attempts, item FROM deliveries JOIN items ON seq = item_seq
  WHERE deliveries.state = 'waiting' AND destination = ? ORDER BY place LIMIT ?`;

const SETTLE = `
  UPDATE deliveries SET state = ?, error = ?, attempts = attempts + ?, settled_ms = ? WHERE place = ?`;

/** A backlog of millions is not counted to its end each time somebody asks. */
const MOST_COUNTED = 100_000;

const OF_ITEM = 'item_seq = (SELECT seq FROM items WHERE id = ?)';

const DEAD_LETTERS = `
  SELECT item_id, NULL AS destination, reason, attempts, since_ms FROM recoveries WHERE state = 'set_aside'
  UNION ALL
  SELECT items.id, destination, error, attempts, settled_ms FROM deliveries JOIN items ON seq = item_seq
  WHERE deliveries.state = 'set_aside'
  ORDER BY since_ms`;

/** What items still have to get elsewhere, and those that had to be taken up again. */
export function deliveryTable(sql: Statements): DeliveryCalls {
  return {
    due: (destination, limit) =>
      rowsOf(sql(DUE).all(destination, limit)).map(
        ({ place, attempts, item }): DueRow =>
          ({ place, attempts, text: item }) as { place: number; attempts: number; text: string },
      ),
    settle(outcomes) {
      for (const { place, state, error } of outcomes) {
        const settledMs = state === 'waiting' ? null : Date.now();
        sql(SETTLE).run(state, error, state === 'delivered' ? 0 : 1, settledMs, place);
      }
    },
    deliveriesOf: (itemId) =>
      rowsOf(sql(`SELECT * FROM deliveries WHERE ${OF_ITEM} ORDER BY place`).all(itemId)).map((row) => ({
        destination: row.destination as (typeof DESTINATIONS)[number],
        state: row.state as 'waiting' | 'delivered' | 'set_aside',
        attempts: Number(row.attempts),
        delivered_at: row.state === 'delivered' ? new Date(Number(row.settled_ms)).toISOString() : null,
        error: row.error as string | null,
      })),
    backlogs: () =>
      DESTINATIONS.map((destination): Backlog => {
        const waiting = `FROM deliveries WHERE state = 'waiting' AND destination = ?`;
        const oldest = sql(`SELECT since_ms ${waiting} ORDER BY place LIMIT 1`).get(destination)?.since_ms;
        const setAside = `SELECT count(*) AS n FROM deliveries WHERE state = 'set_aside' AND destination = ?`;
        return {
          destination,
          waiting: Number(
            sql(`SELECT count(*) AS n FROM (SELECT 1 ${waiting} LIMIT ?)`).get(destination, MOST_COUNTED)?.n,
          ),
          oldestMs: oldest === undefined ? null : Number(oldest),
          setAside: Number(sql(setAside).get(destination)?.n),
        };
      }),
    reopen(itemId, destination) {
      const change = `UPDATE deliveries SET state = 'waiting', settled_ms = NULL, since_ms = ?
        WHERE ${OF_ITEM} AND destination = ? AND state = 'set_aside'`;
      return sql(change).run(Date.now(), itemId, destination).changes !== 0;
    },
    drop(itemId, destination) {
      const change = `DELETE FROM deliveries WHERE ${OF_ITEM} AND destination = ? AND state = 'set_aside'`;
      return sql(change).run(itemId, destination).changes !== 0;
    },
    putRecovery({ itemId, state, attempts, sinceMs, reason }) {
      sql('INSERT OR REPLACE INTO recoveries (item_id, state, attempts, since_ms, reason) VALUES (?, ?, ?, ?, ?)').run(
        ...[itemId, state, attempts, sinceMs, reason],
      );
    },
    removeRecovery: (itemId) => sql('DELETE FROM recoveries WHERE item_id = ?').run(itemId).changes !== 0,
    recoveries: () =>
      rowsOf(sql('SELECT * FROM recoveries ORDER BY since_ms, item_id').all()).map(
        (row): Recovery => ({
          itemId: String(row.item_id),
          state: row.state as Recovery['state'],
          attempts: Number(row.attempts),
          sinceMs: Number(row.since_ms),
          reason: String(row.reason),
        }),
      ),
    deadLetters: () =>
      rowsOf(sql(DEAD_LETTERS).all()).map(
        (row): DeadLetter => ({
          itemId: String(row.item_id),
          destination: row.destination as DeadLetter['destination'],
          reason: String(row.reason),
          attempts: Number(row.attempts),
          sinceMs: Number(row.since_ms),
        }),
      ),
  };
}

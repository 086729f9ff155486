import { DatabaseSync } from 'node:sqlite';
import { migrate } from './journal-schema.ts';

/** What a journal knows and no storage does: everything but the finished items. */
const ADOPT = `
  INSERT OR REPLACE INTO facts SELECT * FROM old.facts;
  INSERT OR REPLACE INTO recoveries SELECT * FROM old.recoveries;
  INSERT OR REPLACE INTO removed SELECT * FROM old.removed;
  INSERT OR REPLACE INTO tally SELECT * FROM old.tally;
  -- an item that is in both has been delivered where the old journal says so
  DELETE FROM deliveries WHERE item_seq IN (SELECT items.seq FROM items JOIN old.items AS known USING (id));
  INSERT INTO deliveries (item_seq, destination, state, attempts, since_ms, settled_ms, error)
    SELECT items.seq, destination, d.state, attempts, since_ms, settled_ms, error
    FROM old.deliveries AS d JOIN old.items AS known ON known.seq = d.item_seq JOIN items USING (id)
    ORDER BY d.place;`;

/**
 * Gives a journal that was filled from the storages what only an earlier journal of the root knows: facts, what was
 * delivered where, what is set aside, what was removed. Both must be closed. Throws when the earlier one cannot be read.
 */
export function adoptJournal(file: string, earlierFile: string): void {
  const earlier = new DatabaseSync(earlierFile);
  try {
    migrate(earlier);
  } finally {
    earlier.close();
  }
  const database = new DatabaseSync(file);
  try {
    database.prepare('ATTACH DATABASE ? AS old').run(earlierFile);
    database.exec(`BEGIN; ${ADOPT} COMMIT`);
  } finally {
    database.close();
  }
}

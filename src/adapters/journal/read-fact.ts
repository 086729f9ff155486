import { DatabaseSync } from 'node:sqlite';

/** A fact that a journal keeps, also while another process has the file open; null when there is none, or no journal. */
export function readFact(file: string, key: string): string | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const found = database.prepare('SELECT value FROM facts WHERE key = ?').get(key)?.value;
    return typeof found === 'string' ? found : null;
  } catch {
    return null;
  } finally {
    database?.close();
  }
}

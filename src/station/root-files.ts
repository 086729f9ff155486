import { join } from 'node:path';

/** The file that says who serves a root. */
export function lockFile(root: string): string {
  return join(root, 'data', 'station.lock');
}

/** Where the journal of a root lies. */
export function journalFile(root: string): string {
  return join(root, 'data', 'journal.db');
}

/** The file that says which items' models run. */
export function runningItemsFile(root: string): string {
  return join(root, 'data', 'running-items');
}

/** Where the storages keep the items of a root. */
export function storageFolder(root: string): string {
  return join(root, 'data', 'storage');
}

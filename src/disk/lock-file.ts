import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../domain/errors.ts';
import { diskError } from './disk-error.ts';
import { syncFolder } from './sync-folder.ts';

const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;
const RESERVED = 'BEGIN IMMEDIATE';

/**
 * Makes this process the only one that serves an edge root; returns the function that gives the root back, twice without
 * complaint. Throws `ROOT_LOCKED`, naming the holder. The file is a SQLite database whose write lock is held: the system
 * lets go of it with the process, however that ends and wherever it ran, so that no lock is ever left behind, and while
 * it is held the file still says who does.
 */
export function lockRoot(path: string): () => void {
  let file: DatabaseSync | undefined;
  try {
    const made = mkdirSync(dirname(path), { recursive: true });
    // what is kept in a new data/ must not go with its name
    if (made !== undefined) syncFolder(dirname(made));
    // SQLite does not say why it cannot open a file
    accessSync(dirname(path), constants.W_OK);
    file = new DatabaseSync(path);
    try {
      sign(file);
    } catch (error) {
      if (!hasCode(error, SQLITE_NOTADB)) throw error;
      // something else lies there, which nobody holds
      file.close();
      rmSync(path);
      file = new DatabaseSync(path);
      sign(file);
    }
    // whoever comes in between these two has it
    file.exec(RESERVED);
  } catch (error) {
    const refusal = hasCode(error, SQLITE_BUSY) && file !== undefined ? locked(file) : undefined;
    file?.close();
    throw refusal ?? diskError('the lock file data/station.lock cannot be written', plain(error));
  }
  const held = file;
  return () => {
    if (held.isOpen) held.close();
  };
}

function sign(file: DatabaseSync): void {
  file.exec(RESERVED);
  file.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER, host TEXT, since TEXT); DELETE FROM holder');
  const since = new Date().toISOString();
  file.prepare('INSERT INTO holder (pid, host, since) VALUES (?, ?, ?)').run(process.pid, hostname(), since);
  file.exec('COMMIT');
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === code;
}

function locked(file: DatabaseSync): AppError {
  const who = holderOf(file) ?? 'another process';
  return new AppError('ROOT_LOCKED', `this edge root is already served by ${who}; stop it first, or use another root`);
}

/** Null while the holder is just signing. */
function holderOf(file: DatabaseSync): string | null {
  try {
    const holder = file.prepare('SELECT pid, host, since FROM holder').get();
    return holder === undefined ? null : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  } catch {
    return null;
  }
}

/** SQLite's own codes say nothing to `diskError`: its sentence does. */
function plain(error: unknown): unknown {
  const isSqlite = error instanceof Error && 'errcode' in error;
  return isSqlite ? new Error(error.message, { cause: error }) : error;
}

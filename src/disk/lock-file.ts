import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { codeOf, diskError } from './durable-file.ts';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601 */
  readonly since: string;
  /** When the process began, as its system counts it; tells a process from a later one with the same id. */
  readonly began: string | null;
}

/**
 * Makes this process the only one that serves an edge root. Returns the function that gives it back. Rejects with
 * `ROOT_LOCKED`, naming the holder. A lock whose process is gone is taken over.
 */
export function lockRoot(path: string): () => void {
  const mine: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    began: beganOf(process.pid),
  };
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (!created(path, mine)) {
      const holder = holderOf(path);
      if (holder !== null && isAlive(holder)) throw locked(holder);
      rmSync(path, { force: true });
      if (!created(path, mine)) throw locked(holderOf(path));
    }
  } catch (error) {
    throw diskError('the lock file data/station.lock cannot be written', error);
  }
  return () => {
    if (holderOf(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

function created(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, `${JSON.stringify(holder)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function locked(holder: Holder | null): AppError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  return new AppError('ROOT_LOCKED', `this edge root is already served by ${who}; stop it first, or use another root`);
}

/** Null for a lock that says nothing: its process died while it wrote it. */
function holderOf(path: string): Holder | null {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isHolder = typeof holder === 'object' && holder !== null && 'pid' in holder && typeof holder.pid === 'number';
    return isHolder ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

function isAlive({ pid, host, began }: Holder): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  return began === null || began === beganOf(pid);
}

/** Field 22 of Linux' process status: its start in clock ticks since boot. Null on systems without it. */
function beganOf(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

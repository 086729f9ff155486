import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { diskError } from './disk-error.ts';

/** The items whose models run, on record for whoever starts after this process has ended. */
export interface RunningItems {
  /** Puts an item on record; gives the function that takes it off, twice without complaint. */
  enter(itemId: string): () => void;
  /** A second call does nothing. */
  close(): void;
}

/** What one item takes in the file: its id, and blanks. */
const PLACE_BYTES = 64;
const EMPTY = Buffer.alloc(PLACE_BYTES, ' ');

/** The items that were on record when the process before this one ended, however it did; none where there is no file. */
export function readRunningItems(path: string): ReadonlySet<string> {
  try {
    const text = readFileSync(path, 'latin1');
    const places = Array.from({ length: Math.floor(text.length / PLACE_BYTES) }, (_, place) =>
      text.slice(place * PLACE_BYTES, (place + 1) * PLACE_BYTES).trim(),
    );
    return new Set(places.filter((id) => id !== ''));
  } catch {
    return new Set();
  }
}

/**
 * Begins a new record with so many places; items beyond them are not on it. It is written and never synced: what a
 * process wrote outlives it, and after a power cut nobody asks which item it was. Throws `STORAGE_FAILED`.
 */
export function openRunningItems(path: string, places: number): RunningItems {
  let file: number | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true });
    file = openSync(path, 'w');
    writeSync(file, Buffer.alloc(places * PLACE_BYTES, ' '));
  } catch (error) {
    if (file !== null) closeSync(file);
    throw diskError('data/running-items cannot be written', error);
  }
  const free = Array.from({ length: places }, (_, place) => place);

  const write = (place: number, bytes: Uint8Array): void => {
    // the room is there already; a disk that fails now fails where it matters too
    try {
      if (file !== null) writeSync(file, bytes, 0, PLACE_BYTES, place * PLACE_BYTES);
    } catch {}
  };

  return {
    enter(itemId) {
      const place = free.pop();
      if (place === undefined) return () => undefined;
      write(place, Buffer.from(itemId.padEnd(PLACE_BYTES).slice(0, PLACE_BYTES), 'latin1'));
      let isOn = true;
      return () => {
        if (!isOn) return;
        isOn = false;
        write(place, EMPTY);
        free.push(place);
      };
    },
    close() {
      if (file === null) return;
      closeSync(file);
      file = null;
    },
  };
}

import type { Document } from 'mongodb';
import { AppError } from '../../../domain/errors.ts';
import { Item } from '../../../domain/item.ts';

/** The item itself, `_id` and `received` beside its own keys. */
export interface ItemDocument {
  readonly _id: string;
  readonly [key: string]: unknown;
}

/** What the document has beside the keys of the item: a key of an item with such a name is written as `%…`. */
const OWN_KEYS: readonly string[] = ['_id', 'received'];

/** More levels than a server takes in one document. */
const MOST_LEVELS = 100;

/**
 * The document of an item. Servers refuse "." and a leading "$" in keys, BSON the NUL character, and the driver reads
 * `_bsontype` as a type of its own: these characters, and "%", are written as in addresses, so `cam.1` is `cam%2E1`.
 * `received` is `received_at` as a date: texts of several zones do not sort. Throws `REFUSED` for what no server takes.
 */
export function documentOf(item: Item): ItemDocument {
  const own = new Map<string, unknown>();
  for (const [key, value] of Object.entries(item)) {
    if (value !== undefined)
      own.set(OWN_KEYS.includes(key) ? withFirstEscaped(key) : writtenKey(key), written(value, 1));
  }
  const received = new Date(item.received_at);
  const receivedOrNull = Number.isNaN(received.getTime()) ? null : received;
  return { _id: item.id, ...Object.fromEntries(own), received: receivedOrNull };
}

/** The item of a document, as it was written. Throws `STORAGE_FAILED` when the document is none. */
export function itemOfDocument(document: Document, itemId: string): Item {
  const { _id, received, ...keys } = document;
  try {
    // loose: what another version of this program added to the record stays
    return Item.loose().parse(read(keys));
  } catch (error) {
    throw new AppError('STORAGE_FAILED', `the document of item ${itemId} is not an item`, { cause: error });
  }
}

/** As JSON writes it: what has no value is left out, what is no number is null. */
function written(value: unknown, level: number): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) return value;
  if (level > MOST_LEVELS) {
    throw new AppError('REFUSED', `MongoDB takes no document with more than ${MOST_LEVELS} levels`);
  }
  if (Array.isArray(value)) return value.map((entry) => written(entry ?? null, level + 1));
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries.map(([key, entry]) => [writtenKey(key), written(entry, level + 1)]));
}

function read(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(read);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [readKey(key), read(entry)]));
}

function writtenKey(key: string): string {
  if (key === '_bsontype') return withFirstEscaped(key);
  return key.replace(/[%.\0]|^\$/g, escaped);
}

function readKey(key: string): string {
  return key.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function withFirstEscaped(key: string): string {
  return `${escaped(key.charAt(0))}${key.slice(1)}`;
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

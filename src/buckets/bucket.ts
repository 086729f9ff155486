import { AppError } from '../domain/errors.ts';
import { isPathId, isStoredName } from '../domain/id.ts';

/** An object as a list shows it. */
export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
}

/**
 * An object store: bytes under names, with `/` as nothing more than a letter of a name. What all of them promise:
 * every call ends within the time of one request (`iterate`: each of its pages), and rejects with `ABORTED` as soon as its
 * signal is aborted or the bucket is closed; with `REFUSED` when the store will never take this object; with `STORAGE_FAILED`
 * for anything that may pass: away, busy, credentials refused, no such bucket, an answer that is none.
 */
export interface Bucket {
  /** Resolves once the store has confirmed the whole object. Replaces what was there. */
  put(name: string, bytes: Uint8Array, mediaType: string, signal: AbortSignal): Promise<void>;
  /** The bytes, or undefined when there is no such object. Never part of one. */
  get(name: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Resolves also when there was nothing. */
  delete(name: string, signal: AbortSignal): Promise<void>;
  /** Every object whose name begins with the prefix, page by page, in no order. */
  iterate(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** Resolves when the store answers, knows the bucket and takes the credentials. Writes nothing. */
  check(signal: AbortSignal): Promise<void>;
  /** Cancels what was asked for; a second call does nothing. */
  close(): Promise<void>;
}

/** One stored file of an item: a picture, or `metadata.json`. */
export interface ObjectKey {
  readonly config: string;
  readonly itemId: string;
  readonly name: string;
}

/** What all names of a station begin with: a bucket may serve many stations. */
export function prefixOf(edgeName: string): string {
  return `${edgeName}/`;
}

/** `<edge name>/<config>/<item id>/<name>`; undefined for a key of a form that is never stored. */
export function nameOfKey(edgeName: string, { config, itemId, name }: ObjectKey): string | undefined {
  const isStorable = isPathId(config) && isPathId(itemId) && isStoredName(name);
  return isStorable ? `${prefixOf(edgeName)}${config}/${itemId}/${name}` : undefined;
}

/** The same for a key that is written. Throws `REFUSED` where `nameOfKey` has no name. */
export function nameToWrite(edgeName: string, key: ObjectKey): string {
  const name = nameOfKey(edgeName, key);
  if (name !== undefined) return name;
  throw new AppError('REFUSED', 'a config, item or file name of this form is never stored');
}

/** The key behind a name in the bucket; undefined for an object that no station of this name has put there. */
export function keyOfName(edgeName: string, objectName: string): ObjectKey | undefined {
  const prefix = prefixOf(edgeName);
  if (!objectName.startsWith(prefix)) return undefined;
  const [config = '', itemId = '', name = '', ...more] = objectName.slice(prefix.length).split('/');
  const key = { config, itemId, name };
  return more.length === 0 && nameOfKey(edgeName, key) !== undefined ? key : undefined;
}

import { isStorable, refuseUnstorable, type StoredKey } from '../domain/id.ts';

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

/** One answer to a list; where `next` is undefined it is the last. */
interface Page {
  readonly objects: readonly { readonly name: string | undefined; readonly bytes: number }[];
  readonly next: string | undefined;
}

/** The objects of all pages of a list; one whose name cannot be read, or was not asked for, is none. */
export async function* everyObject(
  prefix: string,
  pageAt: (token: string | undefined) => Promise<Page>,
): AsyncIterable<StoredObject> {
  let token: string | undefined;
  do {
    const { objects, next } = await pageAt(token);
    for (const { name, bytes } of objects) if (name?.startsWith(prefix)) yield { name, bytes };
    token = next;
  } while (token !== undefined);
}

/** What all names of a station begin with: a bucket may serve many stations. */
export function prefixOf(edgeName: string): string {
  return `${edgeName}/`;
}

/** `<edge name>/<config>/<item id>/<name>`; undefined for a key of a form that is never stored. */
export function nameOfKey(edgeName: string, key: StoredKey): string | undefined {
  return isStorable(key) ? objectNameOf(edgeName, key) : undefined;
}

/** The same for a key that is written. Throws `REFUSED` where `nameOfKey` has no name. */
export function nameToWrite(edgeName: string, key: StoredKey): string {
  refuseUnstorable(key);
  return objectNameOf(edgeName, key);
}

/** The key behind a name in the bucket; undefined for an object that no station of this name has put there. */
export function keyOfName(edgeName: string, objectName: string): StoredKey | undefined {
  const prefix = prefixOf(edgeName);
  if (!objectName.startsWith(prefix)) return undefined;
  const [config = '', itemId = '', name = '', ...more] = objectName.slice(prefix.length).split('/');
  const key = { config, itemId, name };
  return more.length === 0 && isStorable(key) ? key : undefined;
}

function objectNameOf(edgeName: string, { config, itemId, name }: StoredKey): string {
  return `${prefixOf(edgeName)}${config}/${itemId}/${name}`;
}

import type { StoredKey } from '../domain/id.ts';
import { nameToWrite } from './bucket.ts';

/** A real store on a free port of this machine. */
export interface StoreServer {
  /** A new, empty bucket, whatever that is called there. */
  createBucket(): Promise<string>;
  /** Puts objects there as anyone else would. */
  fill(bucket: string, names: readonly string[]): Promise<void>;
  /** The media type of an object. */
  mediaTypeOf(bucket: string, name: string): Promise<string | undefined>;
  /** Breaks every connection and takes no new one, until `comeBack`; the objects stay. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** A new bucket with an object of the station `edge-1` under each key, put there past it. */
export async function bucketHolding(server: StoreServer, keys: readonly StoredKey[]): Promise<string> {
  const bucket = await server.createBucket();
  await server.fill(
    bucket,
    keys.map((key) => nameToWrite('edge-1', key)),
  );
  return bucket;
}

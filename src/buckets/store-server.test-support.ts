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

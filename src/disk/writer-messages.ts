/** What the writing thread is asked: to write a file durably, or to try whether it could. */
export interface WriteRequest {
  readonly id: number;
  /** Absolute path; null for a try. */
  readonly path: string | null;
  readonly bytes: Uint8Array;
}

export interface WriteAnswer {
  readonly id: number;
  readonly failure: { readonly code: string | undefined; readonly message: string } | null;
}

/** What the writing thread is started with. */
export interface WriterSetup {
  /** Absolute path of a folder that is there for good: the names of all folders below it are synced as well. */
  readonly top: string;
  /** Absolute path of the folder for half-written files, on the file system of all that is written. */
  readonly scratchFolder: string;
  /** Requests that are not wanted any more: the place of an id holds that id. */
  readonly cancelled: Int32Array<SharedArrayBuffer>;
}

/** The place of a request's id among the cancelled. */
export function cancelPlace(id: number, { length }: { readonly length: number }): number {
  return id % length;
}

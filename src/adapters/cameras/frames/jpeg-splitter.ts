/** Takes JPEG pictures out of a stream of bytes, whatever lies between them. */
export interface JpegSplitter {
  /** The next bytes of the stream, in any portions. Calls `onPicture` for every picture that they complete. */
  push(chunk: Uint8Array): void;
}

/** One whole picture of the stream. */
export interface PictureOfStream {
  /** When its first bytes came, on the clock of the splitter, in milliseconds. */
  readonly startedAt: number;
  /** A copy of its bytes; to be called before `onPicture` returns, which makes a picture that nobody wants cost nothing. */
  bytes(): Uint8Array;
}

export interface JpegSplitterOptions {
  readonly onPicture: (picture: PictureOfStream) => void;
  readonly now: () => number;
  /** What grows beyond this is no picture and is dropped. */
  readonly maxBytes?: number;
}

const MAX_PICTURE_BYTES = 64 * 1024 * 1024;
const FIRST_ROOM_BYTES = 256 * 1024;

const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
/** A picture begins with its start marker and the first byte of the marker behind it. */
const BEGINNING = Buffer.from([0xff, START_OF_IMAGE, 0xff]);

/**
 * Walks from marker to marker, so that a thumbnail inside of a picture neither begins nor ends one. A picture that is cut
 * off, or that breaks the format, is dropped, and the next one is found.
 */
export function createJpegSplitter({
  onPicture,
  now,
  maxBytes = MAX_PICTURE_BYTES,
}: JpegSplitterOptions): JpegSplitter {
  let room = Buffer.allocUnsafe(FIRST_ROOM_BYTES);
  let used = 0;
  let place: 'between' | 'marker' | 'scan' = 'between';
  /** Everything before it has been looked at. */
  let at = 0;
  let startedAt = 0;

  const append = (chunk: Uint8Array): void => {
    if (used + chunk.byteLength > room.byteLength) {
      const larger = Buffer.allocUnsafe(Math.max(2 * room.byteLength, used + chunk.byteLength));
      room.copy(larger, 0, 0, used);
      room = larger;
    }
    room.set(chunk, used);
    used += chunk.byteLength;
  };
  const drop = (count: number): void => {
    room.copyWithin(0, count, used);
    used -= count;
    at = 0;
    place = 'between';
  };
  const begin = (offset: number): void => {
    drop(offset);
    startedAt = now();
    at = 2;
    place = 'marker';
  };

  /** Each step gives false when it needs more bytes. */
  const findBeginning = (): boolean => {
    const found = room.subarray(0, used).indexOf(BEGINNING);
    if (found < 0) drop(Math.max(0, used - BEGINNING.byteLength + 1));
    else begin(found);
    return found >= 0;
  };
  const passMarker = (): boolean => {
    if (used < at + 2) return false;
    const code = room[at + 1] as number;
    if (room[at] !== 0xff || code === 0) drop(2);
    else if (code === 0xff) at += 1;
    else if (code === START_OF_IMAGE) begin(at);
    else if (code === END_OF_IMAGE) {
      const end = at + 2;
      onPicture({ startedAt, bytes: () => Uint8Array.prototype.slice.call(room, 0, end) });
      drop(end);
    } else if (isAlone(code)) at += 2;
    else return passSegment(code);
    return true;
  };
  const passSegment = (code: number): boolean => {
    if (used < at + 4) return false;
    const length = room.readUInt16BE(at + 2);
    if (length < 2) {
      drop(2);
      return true;
    }
    if (used < at + 2 + length) return false;
    at += 2 + length;
    if (code === START_OF_SCAN) place = 'scan';
    return true;
  };
  const passScan = (): boolean => {
    const marker = room.subarray(0, used).indexOf(0xff, at);
    at = marker < 0 ? used : marker;
    if (used < at + 2) return false;
    const next = room[at + 1] as number;
    if (next === 0 || isAlone(next)) at += 2;
    else place = 'marker';
    return true;
  };
  const STEPS = { between: findBeginning, marker: passMarker, scan: passScan };

  return {
    push(chunk) {
      append(chunk);
      while (STEPS[place]());
      if (used > maxBytes) drop(used);
    },
  };
}

/** Markers without a length behind them that may stand inside of a picture: restarts, and one without meaning. */
function isAlone(code: number): boolean {
  return code === 0x01 || (code >= 0xd0 && code <= 0xd7);
}

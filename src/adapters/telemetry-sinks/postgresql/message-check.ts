const ERROR = 0x45;
const NOTICE = 0x4e;
/** A letter and the length of what follows, itself included. */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/**
 * Looks at what a server sends, chunk after chunk, before pg does. Throws at what pg would read for ever, which would stop
 * the whole process: a length that ends a message before it has begun, and an error or a notice without its end.
 */
export function createMessageCheck(): (chunk: Uint8Array) => void {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  /** Where in an error's list of letter and text, ended by a zero, the next byte is. */
  let next: 'letter' | 'text' | 'end' = 'end';

  function begin(): void {
    const length = header.readUInt32BE(1);
    if (length < LENGTH_BYTES) throw new Error(`it sent a message of ${length} bytes`);
    left = length - LENGTH_BYTES;
    next = header[0] === ERROR || header[0] === NOTICE ? 'letter' : 'end';
    if (left === 0) finish();
  }

  function finish(): void {
    headerBytes = 0;
    if (next !== 'end') throw new Error('it sent an error that has no end');
  }

  function follow(content: Uint8Array): void {
    for (const byte of content) {
      if (next === 'end') return;
      if (next === 'text') next = byte === 0 ? 'letter' : 'text';
      else next = byte === 0 ? 'end' : 'text';
    }
  }

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (headerBytes < HEADER_BYTES) {
        header[headerBytes] = chunk[at] as number;
        headerBytes += 1;
        at += 1;
        if (headerBytes === HEADER_BYTES) begin();
        continue;
      }
      const content = chunk.subarray(at, at + left);
      follow(content);
      at += content.length;
      left -= content.length;
      if (left === 0) finish();
    }
  };
}

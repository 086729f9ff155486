/** Lines as `strace -f -y -xx` writes them, for traces that no station would leave. */

export const quoted = (bytes: string | Uint8Array): string => `"${escaped(bytes)}"`;

const escaped = (bytes: string | Uint8Array): string =>
  [...Buffer.from(bytes)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

const descriptor = (number: number, target: string): string => `${number}<${escaped(target)}>`;

/** The calls of one thread; paths are absolute. */
export const line = {
  open: (number: number, path: string, flags = 'O_RDONLY'): string =>
    `1 openat(AT_FDCWD<\\x2f>, ${quoted(path)}, ${flags}|O_CLOEXEC, 0666) = ${descriptor(number, path)}`,
  write: (number: number, path: string, bytes: string | Uint8Array): string =>
    `1 write(${descriptor(number, path)}, ${quoted(bytes)}, ${bytes.length}) = ${bytes.length}`,
  writeAt: (number: number, path: string, bytes: string | Uint8Array, offset: number): string =>
    `1 pwrite64(${descriptor(number, path)}, ${quoted(bytes)}, ${bytes.length}, ${offset}) = ${bytes.length}`,
  sync: (number: number, path: string): string => `1 fsync(${descriptor(number, path)}) = 0`,
  makeFolder: (path: string): string => `1 mkdir(${quoted(path)}, 0777) = 0`,
  rename: (from: string, to: string): string => `1 rename(${quoted(from)}, ${quoted(to)}) = 0`,
  remove: (path: string): string => `1 unlink(${quoted(path)}) = 0`,
  answer: (itemId: string): string => {
    const text = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"item_id":"${itemId}"}`;
    return `1 write(${descriptor(9, 'socket:[1]')}, ${quoted(text)}, ${text.length}) = ${text.length}`;
  },
};

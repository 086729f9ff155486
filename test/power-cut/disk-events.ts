/**
 * What the system calls of a station meant to its disk and to its clients: the events a power cut may fall between,
 * as a line of begins and ends in the order of the trace.
 */
import { isAbsolute, join, relative, resolve } from 'node:path';
import { bytesOf, descriptorOf, type SystemCall } from './system-calls.ts';

/** A file or folder as it was opened once: what a descriptor stood for until it was used again. */
export type Handle = number;

/** Paths are relative to the root of the station; the root itself is `''`. */
export type DiskEvent =
  | { readonly kind: 'open'; readonly handle: Handle; readonly path: string; readonly flags: ReadonlySet<string> }
  | { readonly kind: 'write'; readonly handle: Handle; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly handle: Handle; readonly size: number }
  | { readonly kind: 'sync'; readonly handle: Handle; readonly path: string }
  | { readonly kind: 'make-folder'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  /** An answer that names an item begins to be sent. */
  | { readonly kind: 'answer'; readonly itemId: string };

/** A moment of the trace: an event begins, and may have happened; or it ends, and has. */
export interface Moment {
  readonly phase: 'begin' | 'end';
  readonly event: DiskEvent;
  /** The line of the trace, from 0. */
  readonly line: number;
}

/** The calls that an inspection station may change its disk with, and those that would get past the model unseen. */
export const TRACED_CALLS: readonly string[] = [
  ...['open', 'openat', 'creat', 'write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'ftruncate', 'truncate'],
  ...['fallocate', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat', 'mkdir', 'mkdirat'],
  ...['unlink', 'unlinkat', 'rmdir', 'fsync', 'fdatasync', 'sync_file_range', 'msync', 'mmap', 'sendfile'],
  ...['copy_file_range', 'splice', 'sendto', 'sendmsg'],
];

/** SQLite's index of its write-ahead log: shared memory in the guise of a file, built anew by whoever comes first. */
const isSharedMemory = (path: string): boolean => path.endsWith('.db-shm');

/** The moments of all events below `root`, in the order of the trace. Throws on a change that the model does not know. */
export function diskMoments(calls: readonly SystemCall[], root: string): readonly Moment[] {
  const points = calls.flatMap((call, index) => [
    { call, index, line: call.began, phase: 'begin' as const },
    { call, index, line: call.ended, phase: 'end' as const },
  ]);
  // the sort is stable: of one call the begin stays before the end
  points.sort((one, other) => one.line - other.line);
  const read = createReader(root);
  const events = new Map<number, DiskEvent | null>();
  const moments: Moment[] = [];
  for (const { call, index, line, phase } of points) {
    if (phase === 'begin') events.set(index, read.begin(call, index));
    else read.end(call, index);
    const event = events.get(index) ?? null;
    if (event !== null) moments.push({ phase, event, line });
  }
  return moments;
}

interface Reader {
  /** What a call means, from what the descriptors stand for when it begins. */
  begin(call: SystemCall, handle: Handle): DiskEvent | null;
  end(call: SystemCall, handle: Handle): void;
}

function createReader(root: string): Reader {
  const opened = new Map<number, { readonly handle: Handle; readonly path: string; position: number }>();

  const below = (base: string, bytes: Buffer): string | undefined => {
    const path = bytes.toString('utf8');
    const inside = relative(root, isAbsolute(path) ? path : resolve(base, path));
    return inside.startsWith('..') || isSharedMemory(inside) ? undefined : inside;
  };
  /** The path of an `…at` call, or of its older sister without a folder. */
  const pathAt = (args: readonly string[], place: number, isAt: boolean): string | undefined =>
    isAt
      ? below(descriptorOf(args[2 * place]).target, bytesOf(args[2 * place + 1]))
      : below(root, bytesOf(args[place]));

  const isOurs = (target: string): boolean => isAbsolute(target) && below(root, Buffer.from(target)) !== undefined;
  /** The number alone does not say: once closed, it may be a socket's. */
  const openedBy = (arg: string | undefined) => {
    const { number, target } = descriptorOf(arg);
    if (!isOurs(target)) return undefined;
    const file = opened.get(number);
    if (file === undefined) throw new Error(`the trace does not show how ${target} was opened`);
    return file;
  };
  const open = ({ name, args }: SystemCall, handle: Handle): DiskEvent | null => {
    const path = pathAt(args, 0, name === 'openat');
    if (path === undefined) return null;
    const flags = new Set((args[name === 'openat' ? 2 : 1] ?? '').split('|'));
    if (flags.has('O_APPEND')) throw new Error(`${path} is opened to append, which the model does not know`);
    return { kind: 'open', handle, path, flags };
  };
  const write = ({ name, args, result }: SystemCall): DiskEvent | null => {
    const file = openedBy(args[0]);
    if (file === undefined) {
      const isSocket = descriptorOf(args[0]).target.startsWith('socket:');
      return isSocket ? answer(bytesOf(args[1])) : null;
    }
    const offset = name.startsWith('p') ? Number(args.at(name === 'pwritev2' ? -2 : -1)) : file.position;
    if (!name.startsWith('p')) file.position += result;
    // the bytes that were taken may be fewer than those that were given
    return { kind: 'write', handle: file.handle, offset, bytes: bytesOf(args[1]).subarray(0, result) };
  };
  const rename = ({ name, args }: SystemCall): DiskEvent | null => {
    const [from, to] = [pathAt(args, 0, name !== 'rename'), pathAt(args, 1, name !== 'rename')];
    if (from === undefined && to === undefined) return null;
    if (from === undefined || to === undefined) throw new Error('a file is moved across the border of the root');
    return { kind: 'rename', from, to };
  };
  const onPath = (kind: 'make-folder' | 'remove', { name, args }: SystemCall): DiskEvent | null => {
    const path = pathAt(args, 0, name.endsWith('at'));
    return path === undefined ? null : { kind, path };
  };
  /** A call that is no trouble as long as it touches nothing of ours. */
  const foreign = ({ name, args }: SystemCall): null => {
    const targets = args.map((arg) => (arg.startsWith('"') ? bytesOf(arg).toString('utf8') : descriptorOf(arg).target));
    if (targets.some(isOurs)) throw new Error(`the model of the disk does not know ${name}`);
    return null;
  };

  return {
    begin(call, handle) {
      const { name, args } = call;
      switch (name) {
        case 'open':
        case 'openat':
          return open(call, handle);
        case 'write':
        case 'writev':
        case 'pwrite64':
        case 'pwritev':
        case 'pwritev2':
          return write(call);
        case 'sendto':
        case 'sendmsg':
          return answer(bytesOf(args[1]));
        case 'ftruncate': {
          const file = openedBy(args[0]);
          return file === undefined ? null : { kind: 'resize', handle: file.handle, size: Number(args[1]) };
        }
        case 'fsync':
        case 'fdatasync': {
          const file = openedBy(args[0]);
          return file === undefined ? null : { kind: 'sync', handle: file.handle, path: file.path };
        }
        case 'rename':
        case 'renameat':
        case 'renameat2':
          return rename(call);
        case 'mkdir':
        case 'mkdirat':
          return onPath('make-folder', call);
        case 'unlink':
        case 'unlinkat':
        case 'rmdir':
          return onPath('remove', call);
        case 'mmap':
          // what is mapped privately or only read changes no file
          return args[3]?.includes('MAP_SHARED') && args[2]?.includes('PROT_WRITE') ? foreign(call) : null;
        default:
          return foreign(call);
      }
    },
    end({ name, args, result }, handle) {
      if (name !== 'open' && name !== 'openat') return;
      const path = pathAt(args, 0, name === 'openat');
      // a close is not followed: the number stands for what it was opened for until it is opened again
      if (path === undefined) opened.delete(result);
      else opened.set(result, { handle, path, position: 0 });
    },
  };
}

function answer(bytes: Buffer): DiskEvent | null {
  const itemId = /^HTTP\/1\.1 200 .*"item_id":"([^"]+)"/s.exec(bytes.toString('latin1'))?.[1];
  return itemId === undefined ? null : { kind: 'answer', itemId };
}

/** The folder that a path stands in; the root's own children stand in `''`. */
export function folderOf(path: string): string {
  const parent = join(path, '..');
  return parent === '.' ? '' : parent;
}

import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../../domain/errors.ts';

/** A folder of pictures whose list is read again only when the folder has changed. */
export interface ImageFolder {
  /** The folder as the config names it, for messages. */
  readonly shown: string;
  /** File names of its pictures in order, at least one. Rejects with `CAPTURE_FAILED`. */
  names(): Promise<readonly string[]>;
  /** The bytes of one of them as they are now. Rejects when it is gone. */
  read(name: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Why there is no picture to take now, as a sentence; undefined when there is one. */
  unusable(): Promise<string | undefined>;
}

const PICTURE = /^[^.].*\.(jpe?g|png)$/i;
/** Time stamps are coarse (2 s on FAT): what is read this soon after a change may lack what came right after. */
const SETTLED_AFTER_MS = 2_500;

function isSettled(mtimeMs: number): boolean {
  return Date.now() - mtimeMs > SETTLED_AFTER_MS;
}

/** Pictures kept in memory until their files change: reading them again and again is nothing a real camera does. */
const KEPT_BYTES = 64 * 1024 * 1024;

interface KeptPicture {
  readonly bytes: Uint8Array;
  readonly mtimeMs: number;
}

export function openImageFolder(path: string, shown: string): ImageFolder {
  let listed: { readonly names: readonly string[]; readonly mtimeMs: number; readonly settled: boolean } | undefined;

  const failed = (reason: string, cause?: unknown): AppError =>
    new AppError('CAPTURE_FAILED', `image folder "${shown}" under data/ ${reason}`, { cause });

  async function names(): Promise<readonly string[]> {
    try {
      const { mtimeMs } = await stat(path);
      if (listed === undefined || !listed.settled || listed.mtimeMs !== mtimeMs) {
        const entries = await readdir(path, { withFileTypes: true });
        // reading a pipe or a device of this name would never end
        const isFile = (entry: Dirent): boolean => entry.isFile() || entry.isSymbolicLink();
        const pictures = entries.filter((entry) => PICTURE.test(entry.name) && isFile(entry));
        listed = { names: pictures.map((entry) => entry.name).sort(), mtimeMs, settled: isSettled(mtimeMs) };
      }
    } catch (cause) {
      listed = undefined;
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') throw failed('does not exist', cause);
      throw failed(code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code})`, cause);
    }
    if (listed.names.length === 0) throw failed('holds no .jpg or .png picture');
    return listed.names;
  }

  const kept = new Map<string, KeptPicture>();
  let keptBytes = 0;

  const keep = (name: string, picture: KeptPicture): void => {
    keptBytes += picture.bytes.byteLength - (kept.get(name)?.bytes.byteLength ?? 0);
    kept.delete(name);
    kept.set(name, picture);
    for (const [oldest, { bytes }] of kept) {
      if (keptBytes <= KEPT_BYTES) return;
      kept.delete(oldest);
      keptBytes -= bytes.byteLength;
    }
  };

  async function read(name: string, signal: AbortSignal): Promise<Uint8Array> {
    const file = join(path, name);
    const { mtimeMs, size } = await stat(file);
    const known = kept.get(name);
    if (known?.mtimeMs === mtimeMs && known.bytes.byteLength === size) return known.bytes;
    const bytes = await readFile(file, { signal });
    if (isSettled(mtimeMs)) keep(name, { bytes, mtimeMs });
    return bytes;
  }

  return {
    shown,
    names,
    read,
    async unusable() {
      return await names().then(
        () => undefined,
        (error: unknown) => messageOf(error),
      );
    },
  };
}

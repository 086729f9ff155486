import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Free space of the file system under a folder, asked for at most a few times a second. */
export interface DiskRoom {
  /** Resolves once the figures are those of this moment, or a blink old. Never rejects. */
  refresh(): Promise<void>;
  /** Free bytes as of the last look; null where nobody can tell. */
  freeBytes(): number | null;
  /** Why so many more bytes could not be kept, or null. */
  refusal(bytes: number): string | null;
  /** Counts bytes that are about to be written, until the next look sees them. */
  spend(bytes: number): void;
}

/** How long a look is good for. */
const FRESH_MS = 200;
const LOOK_TIMEOUT_MS = 1_000;
/** Space that is left to the journal and to the items under way: this share of the disk, at most so many bytes. */
const RESERVED_SHARE = 0.02;
const MOST_RESERVED_BYTES = 16 * 1024 * 1024;

/** `path` need not be there yet: the nearest folder above it tells. */
export function createDiskRoom(path: string): DiskRoom {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;
  let spent = 0;
  let room: { readonly free: number; readonly total: number } | null = null;

  const look = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, LOOK_TIMEOUT_MS, null);
    });
    room = await Promise.race([roomOf(path), late]);
    clearTimeout(timer);
    lookedAt = performance.now();
    spent = 0;
  };

  return {
    async refresh() {
      if (performance.now() - lookedAt < FRESH_MS) return;
      looking ??= look().finally(() => {
        looking = null;
      });
      await looking;
    },
    freeBytes: () => room?.free ?? null,
    spend(bytes) {
      spent += bytes;
    },
    refusal(bytes) {
      if (room === null) return null;
      const reserved = Math.min(MOST_RESERVED_BYTES, RESERVED_SHARE * room.total);
      const free = Math.max(0, room.free - spent);
      if (free >= reserved + bytes) return null;
      const left = `${(free / 1e6).toFixed(1)} MB are left`;
      return `the disk is full: ${left}; remove something, or set "retention" in edge.json`;
    },
  };
}

async function roomOf(path: string): Promise<{ readonly free: number; readonly total: number } | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing && dirname(path) !== path ? await roomOf(dirname(path)) : null;
  }
}

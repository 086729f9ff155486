import { opendir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPathId, isStorable, isStoredName, refuseUnstorable } from '../domain/id.ts';
import { codeOf, diskError } from './disk-error.ts';
import { type DurableFolder, openDurableFolder } from './durable-folder.ts';

export const METADATA_FILE = 'metadata.json';

export interface ItemFolder {
  readonly config: string;
  readonly itemId: string;
  /** File names, in no order; half-written files are not among them. */
  readonly names: readonly string[];
}

/**
 * `data/storage/<config>/<item id>/<name>`: the tree that the filesystem storages share. Nothing is ever under a key of a form
 * that is not stored, and writing there rejects with `REFUSED`.
 */
export interface ItemFolders {
  write(config: string, itemId: string, name: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  read(config: string, itemId: string, name: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Also removes the item's folder once it is empty. */
  remove(config: string, itemId: string, name: string, signal: AbortSignal): Promise<void>;
  /** Names and sizes in bytes of one item's files, in no order; none for an unknown item. */
  list(config: string, itemId: string, signal: AbortSignal): Promise<readonly { name: string; bytes: number }[]>;
  iterate(signal: AbortSignal): AsyncIterable<ItemFolder>;
  /** Resolves when a write could succeed now: it makes one. */
  check(signal: AbortSignal): Promise<void>;
  /** Ends what was asked for; a second call does nothing. */
  close(): Promise<void>;
}

/** Where half-written files lie; no config has such a name. */
const SCRATCH = '.half-written';

/** The folders that are open, with how many use them: who writes to the same tree shares the syncs of the disk. */
const open = new Map<string, { readonly durable: Promise<DurableFolder>; users: number }>();

async function shareDurableFolder(top: string, base: string): Promise<DurableFolder> {
  const shared = open.get(base) ?? { durable: openDurableFolder({ top, base, scratch: SCRATCH }), users: 0 };
  open.set(base, shared);
  shared.users += 1;
  const durable = await shared.durable;
  let isClosed = false;
  return {
    ...durable,
    async close() {
      if (isClosed) return;
      isClosed = true;
      shared.users -= 1;
      if (shared.users > 0) return;
      open.delete(base);
      await durable.close();
    },
  };
}

/** Opens the tree of an edge root. All who open it in this process write through one thread. */
export async function openItemFolders(root: string): Promise<ItemFolders> {
  const base = join(root, 'data', 'storage');
  const durable = await shareDurableFolder(root, base);

  return {
    async write(config, itemId, name, bytes, signal) {
      refuseUnstorable({ config, itemId, name });
      try {
        await durable.write(join(base, config, itemId, name), bytes, signal);
      } catch (error) {
        throw diskError(`${name} could not be written to data/storage`, error);
      }
    },
    async read(config, itemId, name, signal) {
      if (!isStorable({ config, itemId, name })) return undefined;
      try {
        return await readFile(join(base, config, itemId, name), { signal });
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
        throw diskError(`${name} could not be read from data/storage`, error);
      }
    },
    async remove(config, itemId, name, signal) {
      signal.throwIfAborted();
      if (!isStorable({ config, itemId, name })) return;
      try {
        await rm(join(base, config, itemId, name), { force: true });
        await rmdir(join(base, config, itemId)).catch(() => undefined);
      } catch (error) {
        throw diskError(`${name} could not be removed from data/storage`, error);
      }
    },
    async list(config, itemId, signal) {
      signal.throwIfAborted();
      if (!isPathId(config) || !isPathId(itemId)) return [];
      const folder = join(base, config, itemId);
      const names = await readdir(folder).catch(nothingThere);
      const sizeOf = async (name: string): Promise<{ name: string; bytes: number }> => {
        const { size } = await stat(join(folder, name)).catch((error: unknown) => {
          throw diskError(`${name} could not be looked at in data/storage`, error);
        });
        return { name, bytes: size };
      };
      return await Promise.all(names.filter(isStoredName).map(sizeOf));
    },
    async *iterate(signal) {
      for await (const config of foldersIn(base)) {
        for await (const itemId of foldersIn(join(base, config))) {
          signal.throwIfAborted();
          const names = await readdir(join(base, config, itemId)).catch(nothingThere);
          yield { config, itemId, names: names.filter(isStoredName) };
        }
      }
    },
    async check(signal) {
      try {
        await durable.probe(signal);
      } catch (error) {
        throw diskError('data/storage cannot be written', error);
      }
    },
    close: durable.close,
  };
}

/** Names of the folders in a folder that may be a config's or an item's; none where the folder is not there. */
async function* foldersIn(folder: string): AsyncIterable<string> {
  for await (const entry of await opendir(folder).catch(nothingThere)) {
    if (entry.isDirectory() && isPathId(entry.name)) yield entry.name;
  }
}

/** What is removed while it is looked for is not there, and a file holds no folders: `[]`. Anything else is an error of the disk. */
function nothingThere(error: unknown): readonly never[] {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
  throw diskError('data/storage could not be listed', error);
}

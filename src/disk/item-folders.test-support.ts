import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredKey } from '../domain/id.ts';

/** Puts a file under each key into the tree of an edge root, past `openItemFolders`: unsynced, so thousands take no time. */
export function fillItemFolders(root: string, keys: readonly StoredKey[]): void {
  for (const { config, itemId, name } of keys) {
    const folder = join(root, 'data/storage', config, itemId);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), 'x');
  }
}

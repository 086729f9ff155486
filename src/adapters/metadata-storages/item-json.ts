import { METADATA_FILE } from '../../disk/item-folders.ts';
import { AppError } from '../../domain/errors.ts';
import { Item } from '../../domain/item.ts';

/** The bytes of `metadata.json`: JSON that people can read. */
export function jsonOfItem(item: Item): Uint8Array {
  return Buffer.from(`${JSON.stringify(item, null, 2)}\n`);
}

/** The item in the bytes of a `metadata.json`. Throws `STORAGE_FAILED` when they are none. */
export function itemOfJson(bytes: Uint8Array, itemId: string): Item {
  try {
    // loose: what another version of this program added to the record stays
    return Item.loose().parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new AppError('STORAGE_FAILED', `${METADATA_FILE} of item ${itemId} is not an item`, { cause: error });
  }
}

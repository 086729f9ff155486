import { z } from 'zod';
import { METADATA_FILE, openItemFolders } from '../../disk/item-folders.ts';
import { AppError } from '../../domain/errors.ts';
import { Item } from '../../domain/item.ts';
import { defineMetadataStorage } from '../../ports/metadata-storage.ts';

export const filesystemMetadataStorage = defineMetadataStorage({
  type: 'filesystem',
  options: z.strictObject({}).meta({ title: 'metadata.json of each item below data/storage of the edge root' }),
  async open(_options, { root }) {
    const folders = await openItemFolders(root);
    return {
      capacity: null,
      async put(item, signal) {
        const text = `${JSON.stringify(item, null, 2)}\n`;
        await folders.write(item.station_config, item.id, METADATA_FILE, Buffer.from(text), signal);
      },
      async get({ config, itemId }, signal) {
        const bytes = await folders.read(config, itemId, METADATA_FILE, signal);
        return bytes === undefined ? undefined : parseItem(bytes, itemId);
      },
      async delete({ config, itemId }, signal) {
        await folders.remove(config, itemId, METADATA_FILE, signal);
      },
      async *iterate(signal) {
        for await (const { config, itemId, names } of folders.iterate(signal)) {
          if (names.includes(METADATA_FILE)) yield { config, itemId };
        }
      },
      async check(signal) {
        await folders.check(signal);
      },
      close: folders.close,
    };
  },
});

function parseItem(bytes: Uint8Array, itemId: string): Item {
  try {
    // loose: what another version of this program added to the record stays
    return Item.loose().parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new AppError('STORAGE_FAILED', `${METADATA_FILE} of item ${itemId} is not an item`, { cause: error });
  }
}

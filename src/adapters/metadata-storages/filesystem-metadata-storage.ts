import { z } from 'zod';
import { METADATA_FILE, openItemFolders } from '../../disk/item-folders.ts';
import { defineMetadataStorage } from '../../ports/metadata-storage.ts';
import { itemOfJson, jsonOfItem } from './item-json.ts';

export const filesystemMetadataStorage = defineMetadataStorage({
  type: 'filesystem',
  options: z.strictObject({}).meta({ title: 'metadata.json of each item below data/storage of the edge root' }),
  async open(_options, { root }) {
    const folders = await openItemFolders(root);
    return {
      capacity: null,
      async put(item, signal) {
        await folders.write(item.station_config, item.id, METADATA_FILE, jsonOfItem(item), signal);
      },
      async get({ config, itemId }, signal) {
        const bytes = await folders.read(config, itemId, METADATA_FILE, signal);
        return bytes === undefined ? undefined : itemOfJson(bytes, itemId);
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

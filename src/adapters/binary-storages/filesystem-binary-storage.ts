import { z } from 'zod';
import { METADATA_FILE, openItemFolders } from '../../disk/item-folders.ts';
import { defineBinaryStorage } from '../../ports/binary-storage.ts';

export const filesystemBinaryStorage = defineBinaryStorage({
  type: 'filesystem',
  options: z.strictObject({}).meta({ title: 'Files below data/storage of the edge root' }),
  async open(_options, { root }) {
    const folders = await openItemFolders(root);
    return {
      async put({ config, itemId, name }, bytes, signal) {
        await folders.write(config, itemId, name, bytes, signal);
      },
      async get({ config, itemId, name }, signal) {
        return await folders.read(config, itemId, name, signal);
      },
      async delete({ config, itemId, name }, signal) {
        await folders.remove(config, itemId, name, signal);
      },
      async list(config, itemId, signal) {
        const files = await folders.list(config, itemId, signal);
        return files.filter(({ name }) => name !== METADATA_FILE);
      },
      async *iterate(signal) {
        for await (const { config, itemId, names } of folders.iterate(signal)) {
          for (const name of names) if (name !== METADATA_FILE) yield { config, itemId, name };
        }
      },
      async check(signal) {
        await folders.check(signal);
      },
      close: folders.close,
    };
  },
});

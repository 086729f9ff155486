import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillItemFolders } from '../../disk/item-folders.test-support.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { exampleItem, metadataStorageContract } from '../../ports/metadata-storage.contract.ts';
import { filesystemMetadataStorage } from './filesystem-metadata-storage.ts';

const never = new AbortController().signal;

describe('filesystem metadata storage', () => {
  metadataStorageContract(async () => filesystemMetadataStorage.open({}, await testContext()), {
    async openHolding(keys) {
      const context = await testContext();
      fillItemFolders(
        context.root,
        keys.map((key) => ({ ...key, name: 'metadata.json' })),
      );
      return filesystemMetadataStorage.open({}, context);
    },
  });

  it('writes the item as JSON that people can read to data/storage/<config>/<item id>/metadata.json', async () => {
    const context = await testContext();
    const storage = await filesystemMetadataStorage.open({}, context);
    await storage.put(exampleItem('item-1'), never);
    const text = await readFile(join(context.root, 'data/storage/line/item-1/metadata.json'), 'utf8');
    expect(JSON.parse(text)).toEqual(exampleItem('item-1'));
    expect(text).toContain('\n  "decision": "OK"');
  });

  it('says which record is damaged', async () => {
    const context = await testContext();
    const storage = await filesystemMetadataStorage.open({}, context);
    await storage.put(exampleItem('item-1'), never);
    await writeFile(join(context.root, 'data/storage/line/item-1/metadata.json'), '{"id": ');
    const reading = storage.get({ config: 'line', itemId: 'item-1' }, never);
    await expect(reading).rejects.toThrow('metadata.json of item item-1 is not an item');
  });
});

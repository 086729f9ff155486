import { describe, expect, it } from 'vitest';
import { testContext } from '../../ports/context.test-support.ts';
import { exampleItem, metadataStorageContract } from '../../ports/metadata-storage.contract.ts';
import { memoryMetadataStorage } from './memory-metadata-storage.ts';

const never = new AbortController().signal;

describe('memory metadata storage', () => {
  metadataStorageContract(async () => memoryMetadataStorage.open({ max_items: 5000 }, await testContext()));

  it('lets the oldest items leave', async () => {
    const storage = await memoryMetadataStorage.open({ max_items: 2 }, await testContext());
    for (const id of ['first', 'second', 'third']) await storage.put(exampleItem(id), never);
    expect(await storage.get({ config: 'line', itemId: 'first' }, never)).toBeUndefined();
    expect(await storage.get({ config: 'line', itemId: 'third' }, never)).toEqual(exampleItem('third'));
  });
});

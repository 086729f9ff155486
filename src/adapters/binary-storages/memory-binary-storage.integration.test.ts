import { describe, expect, it } from 'vitest';
import { binaryStorageContract } from '../../ports/binary-storage.contract.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { memoryBinaryStorage } from './memory-binary-storage.ts';

const never = new AbortController().signal;
const keyOf = (itemId: string) => ({ config: 'line', itemId, name: 'front.jpg' });

describe('memory binary storage', () => {
  binaryStorageContract(async () => memoryBinaryStorage.open({ max_mb: 64, max_items: 5000 }, await testContext()));

  it('lets the oldest items leave beyond its number of items', async () => {
    const storage = await memoryBinaryStorage.open({ max_mb: 64, max_items: 2 }, await testContext());
    for (const id of ['first', 'second', 'third']) await storage.put(keyOf(id), Buffer.from(id), never);
    expect(await storage.get(keyOf('first'), never)).toBeUndefined();
    expect(await storage.get(keyOf('second'), never)).toBeDefined();
    expect(await storage.get(keyOf('third'), never)).toBeDefined();
  });

  it('lets the oldest items leave beyond its size', async () => {
    const storage = await memoryBinaryStorage.open({ max_mb: 1, max_items: 100 }, await testContext());
    for (const id of ['first', 'second', 'third']) await storage.put(keyOf(id), Buffer.alloc(400 * 1024), never);
    expect(await storage.get(keyOf('first'), never)).toBeUndefined();
    expect(await storage.get(keyOf('third'), never)).toHaveLength(400 * 1024);
  });

  it('keeps a picture that is larger than all of its room as long as no other comes', async () => {
    const storage = await memoryBinaryStorage.open({ max_mb: 1, max_items: 100 }, await testContext());
    await storage.put(keyOf('huge'), Buffer.alloc(2 * 1024 * 1024), never);
    expect(await storage.get(keyOf('huge'), never)).toHaveLength(2 * 1024 * 1024);
  });
});

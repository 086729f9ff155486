import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testContext } from '../../ports/context.test-support.ts';
import { inventoryContract } from '../../ports/inventory.contract.ts';
import type { Inventory } from '../../ports/inventory.ts';
import { jsonInventory } from './json-inventory.ts';

async function inventoryWith(content: string | Uint8Array | undefined, path?: string): Promise<Inventory> {
  const context = await testContext();
  const options = jsonInventory.options.parse(path === undefined ? {} : { path });
  const file = join(context.root, options.path);
  await mkdir(dirname(file), { recursive: true });
  if (content !== undefined) await writeFile(file, content);
  return await jsonInventory.open(options, context);
}

describe('JSON inventory', () => {
  inventoryContract(inventoryWith);

  it('is config/inventory.json unless the options say otherwise', async () => {
    expect(await (await inventoryWith('{}')).read()).toMatchObject({ file: 'config/inventory.json', text: '{}' });
    const elsewhere = await inventoryWith('{}', 'shared/models.json');
    expect(await elsewhere.read()).toMatchObject({ file: 'shared/models.json', text: '{}' });
  });

  it.each(['../inventory.json', '/etc/passwd', 'a/../../b.json', 'C:/inventory.json', 'a\\b.json'])(
    'is never read from outside the root: %j',
    (path) => {
      expect(jsonInventory.options.safeParse({ path }).success).toBe(false);
    },
  );

  it('says what is wrong with a file that cannot be a config', async () => {
    const large = await inventoryWith(Buffer.alloc(1_048_577, ' '));
    expect((await large.read()).problem).toBe('the inventory is larger than 1 MB, which no file of this kind is');
    const latin1 = await inventoryWith(Buffer.from('{"größe": 1}', 'latin1'));
    expect((await latin1.read()).problem).toBe('the inventory is not UTF-8 text');
  });

  it('is not read from a folder, and follows a link', async () => {
    const context = await testContext();
    await mkdir(join(context.root, 'folder'));
    const folder = await jsonInventory.open({ path: 'folder' }, context);
    expect((await folder.read()).problem).toBe('the inventory is not a file');
    await writeFile(join(context.root, 'real.json'), '{}');
    await symlink('real.json', join(context.root, 'link.json'));
    const link = await jsonInventory.open({ path: 'link.json' }, context);
    expect(await link.read()).toMatchObject({ text: '{}', problem: undefined });
  });
});

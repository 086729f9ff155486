import { join } from 'node:path';
import { z } from 'zod';
import { readTextFile } from '../../disk/text-file.ts';
import { RelativePath } from '../../domain/relative-path.ts';
import { defineInventory } from '../../ports/inventory.ts';

export const jsonInventory = defineInventory({
  type: 'json',
  options: z
    .strictObject({
      path: RelativePath.default('config/inventory.json').meta({
        description: 'JSON file, relative to the edge root.',
      }),
    })
    .meta({ title: 'A JSON file' }),
  async open({ path }, { root }) {
    return {
      async read() {
        const { text, problem } = await readTextFile(join(root, path));
        return {
          name: 'inventory',
          file: path,
          text,
          problem: problem === null ? undefined : `the inventory ${problem}`,
        };
      },
    };
  },
});

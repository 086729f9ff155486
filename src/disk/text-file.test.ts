import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { readTextFile } from './text-file.ts';

describe('a text file', () => {
  it('is read whole, through a link too', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.json'), '{"ü": "✓"}');
    await symlink('a.json', join(folder, 'link.json'));
    for (const name of ['a.json', 'link.json']) {
      expect(await readTextFile(join(folder, name))).toEqual({ text: '{"ü": "✓"}', problem: null });
    }
  });

  it.each([
    ['missing.json', 'does not exist', true],
    ['a.json/inside.json', 'does not exist', true],
    ['folder', 'is not a file', false],
    ['large.json', 'is larger than 1 MB, which no file of this kind is', false],
    ['latin1.json', 'is not UTF-8 text', false],
  ])('that cannot be read says why: %s', async (name, problem, missing) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.json'), '{}');
    await mkdir(join(folder, 'folder'));
    await writeFile(join(folder, 'large.json'), Buffer.alloc(1_048_577, ' '));
    await writeFile(join(folder, 'latin1.json'), Buffer.from('{"ü": 1}', 'latin1'));
    expect(await readTextFile(join(folder, name))).toEqual({ text: '', problem, missing });
  });
});

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { readTextFile } from './text-file.ts';

describe('a text file', () => {
  it.each([
    { what: 'plain text', bytes: Buffer.from('größe\r\n'), text: 'größe\r\n' },
    { what: 'text after a byte order mark', bytes: Buffer.from('\uFEFF{}'), text: '{}' },
    { what: 'nothing', bytes: Buffer.alloc(0), text: '' },
  ])('gives $what', async ({ bytes, text }) => {
    const path = join(await temporaryFolder(), 'file.json');
    await writeFile(path, bytes);
    expect(await readTextFile(path)).toEqual({ text, problem: null });
  });

  it.each([
    {
      what: 'a large file',
      bytes: Buffer.alloc(1_048_577, ' '),
      problem: 'is larger than 1 MB, which no file of this kind is',
    },
    { what: 'another encoding', bytes: Buffer.from('größe', 'latin1'), problem: 'is not UTF-8 text' },
  ])('refuses $what', async ({ bytes, problem }) => {
    const path = join(await temporaryFolder(), 'file.json');
    await writeFile(path, bytes);
    expect(await readTextFile(path)).toMatchObject({ text: '', problem, missing: false });
  });

  it('tells a file that is missing from one that is none', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'folder'));
    await symlink('nothing', join(folder, 'dangling'));
    expect(await readTextFile(join(folder, 'folder'))).toMatchObject({ problem: 'is not a file', missing: false });
    expect(await readTextFile(join(folder, 'nothing'))).toMatchObject({ problem: 'does not exist', missing: true });
    expect(await readTextFile(join(folder, 'dangling'))).toMatchObject({ problem: 'does not exist', missing: true });
  });
});

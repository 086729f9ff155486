import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { init } from './init.ts';

async function run(dir: string, force = false): Promise<{ code: number; out: readonly string[]; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const output = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await init({ dir, force, output });
  return { code, out, err: err.join('\n') };
}

describe('init', () => {
  it('writes configs, schemas and pictures into a new folder', async () => {
    const root = join(await temporaryFolder(), 'new/edge');
    const { code, out } = await run(root);
    expect(code).toBe(0);
    expect(out.slice(0, 6)).toEqual([
      'config/edge.json',
      'config/inventory.json',
      'config/station_configs/first_inspection.json',
      'config/schemas/station-config.json',
      'config/schemas/inventory.json',
      'config/schemas/edge.json',
    ]);
    const pictures = await readdir(join(root, 'data/plates'));
    expect(pictures.length).toBeGreaterThanOrEqual(4);
    for (const name of pictures) {
      expect(await sharp(join(root, 'data/plates', name)).metadata()).toMatchObject({ format: 'jpeg', width: 320 });
    }
  });

  it('writes into an empty folder', async () => {
    expect((await run(await temporaryFolder())).code).toBe(0);
  });

  it('refuses a folder that holds something, and changes nothing', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'notes.txt'), 'mine');
    const { code, out, err } = await run(root);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toContain('is not empty; --force adds what is missing');
    expect(await readdir(root)).toEqual(['notes.txt']);
  });

  it('refuses a file in the place of the folder', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    expect((await run(file)).code).toBe(1);
  });

  it('adds with --force what is missing and keeps what is there', async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, 'config'));
    await writeFile(join(root, 'config/edge.json'), '{ "active_config": "mine" }');
    const { code, out } = await run(root, true);
    expect(code).toBe(0);
    expect(out).toContain('config/inventory.json');
    expect(out).not.toContain('config/edge.json');
    expect(await readFile(join(root, 'config/edge.json'), 'utf8')).toBe('{ "active_config": "mine" }');
  });
});

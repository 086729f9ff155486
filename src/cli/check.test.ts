import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { readSettings } from '../settings.ts';
import { check } from './check.ts';
import { init } from './init.ts';

const quiet = { out() {}, err() {} };

async function newRoot(): Promise<string> {
  const root = join(await temporaryFolder(), 'edge');
  await init({ dir: root, force: false, output: quiet });
  return root;
}

async function run(root: string, json = false): Promise<{ code: number; out: string }> {
  const lines: string[] = [];
  const output = {
    out: (text: string) => void lines.push(text),
    err: (text: string) => void lines.push(`err ${text}`),
  };
  const code = await check({ root, json, settings: readSettings({}), output });
  return { code, out: lines.join('\n') };
}

describe('check', () => {
  it('finds nothing wrong with a new root', async () => {
    const root = await newRoot();
    expect(await run(root)).toEqual({ code: 0, out: '0 errors, 0 warnings; valid station configs: first_inspection' });
    expect(await run(root, true)).toEqual({ code: 0, out: '[]' });
  });

  it('prints file, line, path and sentence of each error and exits with 1', async () => {
    const root = await newRoot();
    await writeFile(join(root, 'config/edge.json'), '{\n  "server": {\n    "prt": 80\n  }\n}');
    await writeFile(join(root, 'config/station_configs/broken.json'), '{');
    const { code, out } = await run(root);
    expect(code).toBe(1);
    const [first, , ...others] = out.split('\n');
    expect(first).toMatch(/^config\/edge\.json:3 server\.prt — error: unknown key "prt", did you mean "port"\?/);
    expect(others.at(-1)).toMatch(/^2 errors, 0 warnings; valid station configs: /);
    const diagnostics = JSON.parse((await run(root, true)).out);
    expect(diagnostics[0]).toMatchObject({ file: 'config/edge.json', severity: 'error', path: 'server.prt', line: 3 });
  });

  it('exits with 0 when there are only warnings', async () => {
    const root = await newRoot();
    await rm(join(root, 'data/plates'), { recursive: true });
    const { code, out } = await run(root);
    expect(code).toBe(0);
    expect(out).toContain('cameras.top — warning: image folder "plates" under data/ does not exist');
    expect(out).toContain('0 errors, 1 warning;');
  });

  it('looks for model files only where the models are embedded', async () => {
    const root = await newRoot();
    await writeFile(join(root, 'config/edge.json'), '{ "model_forward": { "type": "embedded" } }');
    const { code, out } = await run(root);
    expect(code).toBe(1);
    expect(out).toContain('first_inspection.json:11 cameras.top.models_graph.check.name — error: ');
    expect(out).toContain('plate_check');
    expect(out).not.toContain(root);
  });

  it('says so of a root that is not there', async () => {
    const { code, out } = await run(join(await temporaryFolder(), 'nowhere'));
    expect(code).toBe(1);
    expect(out).toContain('. — error: the edge root is not a folder');
  });
});

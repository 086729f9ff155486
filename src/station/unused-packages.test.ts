import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** The packages that the adapters load with `loadSdk`. */
function sdks(): string[] {
  const sources = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] });
  const text = sources.map((source) => readFileSync(join(ROOT, source), 'utf8')).join('\n');
  return [...text.matchAll(/loadSdk\('([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('a package for something remote', () => {
  it('is not loaded by a station that does not use it', async () => {
    const names = sdks();
    expect(names).toEqual(expect.arrayContaining(['@azure/storage-blob', 'mongodb', 'mqtt', 'pg']));
    // the hook sees every module that is asked for, whoever asks
    const program = `
      import { registerHooks } from 'node:module';
      const asked = new Set();
      registerHooks({ resolve(name, context, next) { asked.add(name); return next(name, context); } });
      await import(${JSON.stringify(join(ROOT, 'src/station/edge-config.ts'))});
      await import(${JSON.stringify(join(ROOT, 'src/station/open-station.ts'))});
      console.log(JSON.stringify([...asked]));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    const asked = JSON.parse(stdout) as string[];
    expect(asked.some((name) => name.endsWith('s3-bucket.ts'))).toBe(true);
    expect(names.filter((name) => asked.includes(name))).toEqual([]);
  });

  it('is installed whatever Node npm runs on: npm leaves out optional packages that ask for a newer one', () => {
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(sdks()));
    expect(Object.keys(optionalDependencies).filter((name) => !name.startsWith('node-linux-'))).toEqual([]);
  });
});

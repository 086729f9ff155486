import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Names of the optional packages that are no other build of Node itself. */
function optionalPackages(): string[] {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  return Object.keys(optionalDependencies).filter((name) => !name.startsWith('node-linux-'));
}

describe('a package for something remote', () => {
  it('is not loaded by a station that does not use it', async () => {
    const names = optionalPackages();
    expect(names).toContain('@azure/storage-blob');
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
});

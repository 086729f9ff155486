import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { lockRoot } from './lock-file.ts';

async function lockPath(): Promise<string> {
  return join(await temporaryFolder(), 'data/station.lock');
}

/** A process that holds the lock until the test ends, or until it is killed. */
async function otherHolder(path: string): Promise<{ readonly pid: number | undefined; kill(): Promise<void> }> {
  const module = new URL('./lock-file.ts', import.meta.url).href;
  const script = `const { lockRoot } = await import(process.argv[1]); lockRoot(process.argv[2]);
    console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, path]);
  await once(child.stdout, 'data');
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(kill);
  return { pid: child.pid, kill };
}

describe('the lock of an edge root', () => {
  it('can be taken again when it is given back, which is done twice without complaint', async () => {
    const path = await lockPath();
    const unlock = lockRoot(path);
    unlock();
    unlock();
    lockRoot(path)();
  });

  it('is refused to a second holder in the same process', async () => {
    const path = await lockPath();
    const unlock = lockRoot(path);
    expect(() => lockRoot(path)).toThrow(expect.objectContaining({ code: 'ROOT_LOCKED' }));
    unlock();
    lockRoot(path)();
  });

  it('is refused with the name of the process that holds it, and free as soon as that is killed', async () => {
    const path = await lockPath();
    const { pid, kill } = await otherHolder(path);
    const refused = {
      code: 'ROOT_LOCKED',
      message: expect.stringContaining(`process ${pid} on ${hostname()} since 20`),
    };
    expect(() => lockRoot(path)).toThrow(expect.objectContaining(refused));
    expect(() => lockRoot(path)).toThrow('stop it first, or use another root');
    await kill();
    lockRoot(path)();
  });

  it('is taken where something else lies in its place', async () => {
    const path = await lockPath();
    await mkdir(dirname(path));
    await writeFile(path, 'no lock at all '.repeat(100));
    lockRoot(path)();
  });

  it('says that it cannot be written, and never where', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'data'), 'no folder');
    const lock = (): unknown => lockRoot(join(root, 'data/station.lock'));
    expect(lock).toThrow('data/station.lock cannot be written');
    expect(lock).toThrow(expect.objectContaining({ message: expect.not.stringContaining(root) }));
  });
});

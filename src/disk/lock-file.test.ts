import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { lockRoot } from './lock-file.ts';

const SINCE = '2026-04-02T11:22:12.000Z';

async function lockPath(): Promise<string> {
  return join(await temporaryFolder(), 'data/station.lock');
}

async function leaveLock(path: string, holder: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof holder === 'string' ? holder : JSON.stringify(holder));
}

/** A process that lives until the test ends, or until it is ended. */
async function otherProcess(): Promise<{ pid: number; end(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  await once(child, 'spawn');
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  onTestFinished(end);
  return { pid: child.pid ?? 0, end };
}

describe('the lock of an edge root', () => {
  it('says who holds it, and is gone when it is given back, twice without complaint', async () => {
    const path = await lockPath();
    const unlock = lockRoot(path);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    unlock();
    unlock();
    expect(existsSync(path)).toBe(false);
    lockRoot(path)();
  });

  it('is refused with the name of the process that holds it', async () => {
    const path = await lockPath();
    const { pid } = await otherProcess();
    await leaveLock(path, { pid, host: hostname(), since: SINCE, began: null });
    expect(() => lockRoot(path)).toThrow(
      expect.objectContaining({
        code: 'ROOT_LOCKED',
        message: `this edge root is already served by process ${pid} on ${hostname()} since ${SINCE}; stop it first, or use another root`,
      }),
    );
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid });
  });

  it('is refused when a process of another machine holds it', async () => {
    const path = await lockPath();
    await leaveLock(path, { pid: 1, host: 'another-machine', since: SINCE, began: null });
    expect(() => lockRoot(path)).toThrow('served by process 1 on another-machine');
  });

  it('is taken over from a process that is gone', async () => {
    const path = await lockPath();
    const { pid, end } = await otherProcess();
    await end();
    await leaveLock(path, { pid, host: hostname(), since: SINCE, began: null });
    const unlock = lockRoot(path);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
    unlock();
  });

  it.runIf(process.platform === 'linux')('is taken over from a process whose id another one has by now', async () => {
    const path = await lockPath();
    const { pid } = await otherProcess();
    await leaveLock(path, { pid, host: hostname(), since: SINCE, began: '1' });
    lockRoot(path)();
    expect(existsSync(path)).toBe(false);
  });

  it('is taken over from an earlier process that had the same id, as in a container', async () => {
    const path = await lockPath();
    await leaveLock(path, { pid: process.pid, host: hostname(), since: SINCE, began: '1' });
    lockRoot(path)();
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['half of itself', '{"pid": 12'],
    ['something else', '[]'],
    ['no process', '{"pid": "x"}'],
  ])('is taken over when it says %s: its process died while it wrote it', async (_what, text) => {
    const path = await lockPath();
    await leaveLock(path, text);
    lockRoot(path)();
    expect(existsSync(path)).toBe(false);
  });

  it("that is someone else's by now is left alone", async () => {
    const path = await lockPath();
    const unlock = lockRoot(path);
    await leaveLock(path, { pid: process.pid + 1, host: hostname(), since: SINCE, began: null });
    unlock();
    expect(existsSync(path)).toBe(true);
  });

  it('says that it cannot be written, and never where', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'data'), 'a file');
    expect(() => lockRoot(join(root, 'data/station.lock'))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(root) }),
    );
  });
});

import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../domain/errors.ts';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { asNobody } from '../testing/unprivileged.test-support.ts';
import { codeOf, diskError } from './disk-error.ts';
import { openDurableFolder } from './durable-folder.ts';

const never = new AbortController().signal;
const SCRATCH = '.half-written';
const systemError = (code: string): Error => Object.assign(new Error(`${code}: at /secret/place`), { code });

async function openFolder() {
  const base = join(await temporaryFolder(), 'data/storage');
  const folder = await openDurableFolder({ top: base, base, scratch: SCRATCH });
  onTestFinished(folder.close);
  return { base, folder };
}

describe('a durable file', () => {
  it('is written into folders that are not there yet, and leaves no half-written one', async () => {
    const { base, folder } = await openFolder();
    await folder.write(join(base, 'line/item/front.jpg'), Buffer.from('picture'), never);
    expect(await readFile(join(base, 'line/item/front.jpg'), 'utf8')).toBe('picture');
    expect(await readdir(join(base, SCRATCH))).toEqual([]);
  });

  it('replaces what stood there', async () => {
    const { base, folder } = await openFolder();
    await folder.write(join(base, 'a.json'), Buffer.from('a longer first text'), never);
    await folder.write(join(base, 'a.json'), Buffer.from('second'), never);
    expect(await readFile(join(base, 'a.json'), 'utf8')).toBe('second');
  });

  it('is never seen half by a reader while it is replaced', async () => {
    const { base, folder } = await openFolder();
    const path = join(base, 'a.json');
    const texts = ['x', 'y'].map((letter) => letter.repeat(200_000));
    await folder.write(path, Buffer.from(texts[0] ?? ''), never);
    let isWriting = true;
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1) await folder.write(path, Buffer.from(texts[round % 2] ?? ''), never);
      isWriting = false;
    })();
    while (isWriting) expect(texts).toContain(await readFile(path, 'utf8'));
    await writing;
  });

  it('is written by 100 at once to one folder', async () => {
    const { base, folder } = await openFolder();
    const names = Array.from({ length: 100 }, (_, index) => `${index}.txt`);
    await Promise.all(names.map((name) => folder.write(join(base, 'line', name), Buffer.from(name), never)));
    expect((await readdir(join(base, 'line'))).sort()).toEqual(names.toSorted());
    expect(await readFile(join(base, 'line/42.txt'), 'utf8')).toBe('42.txt');
  });

  it('is not there when the write was cancelled', async () => {
    const { base, folder } = await openFolder();
    await expect(folder.write(join(base, 'a.txt'), Buffer.from('x'), AbortSignal.abort())).rejects.toThrow();
    const cancel = new AbortController();
    const writing = folder.write(join(base, 'b.txt'), Buffer.alloc(1_000_000), cancel.signal);
    cancel.abort();
    await expect(writing).rejects.toThrow();
    await folder.close();
    await expect(stat(join(base, 'a.txt'))).rejects.toThrow('ENOENT');
    await expect(stat(join(base, 'b.txt'))).rejects.toThrow('ENOENT');
  });

  it('leaves the old one, and nothing half-written, when it cannot take its place', async () => {
    const { base, folder } = await openFolder();
    await mkdir(join(base, 'taken/inside'), { recursive: true });
    await expect(folder.write(join(base, 'taken'), Buffer.from('x'), never)).rejects.toThrow();
    expect((await stat(join(base, 'taken'))).isDirectory()).toBe(true);
    expect(await readdir(join(base, SCRATCH))).toEqual([]);
  });

  it('that was asked for before the folder was closed is written, and no other after', async () => {
    const { base, folder } = await openFolder();
    const paths = ['1.txt', '2.txt', '3.txt'].map((name) => join(base, name));
    const writes = paths.map((path) => folder.write(path, Buffer.from('x'), never));
    await Promise.all([folder.close(), folder.close()]);
    expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
    for (const path of paths) expect(await readFile(path, 'utf8')).toBe('x');
    await expect(folder.write(join(base, 'late.txt'), Buffer.from('x'), never)).rejects.toThrow('closed');
    await folder.close();
  });

  it('has nothing of an earlier process in its way', async () => {
    const { base } = await openFolder();
    await mkdir(join(base, SCRATCH), { recursive: true });
    await writeFile(join(base, SCRATCH, '1-1'), 'half');
    await openDurableFolder({ top: base, base, scratch: SCRATCH });
    expect(await readdir(base)).toEqual([]);
  });
});

describe('a probe', () => {
  it('succeeds where a write would, and leaves nothing', async () => {
    const { base, folder } = await openFolder();
    await folder.probe(never);
    expect(await readdir(join(base, SCRATCH))).toEqual([]);
  });

  it('fails in a folder that is read-only', async () => {
    const { base, folder } = await openFolder();
    await mkdir(base, { recursive: true });
    await chmod(base, 0o500);
    await expect(asNobody(() => folder.probe(never))).rejects.toThrow();
  });

  it('fails where a file stands in the place of the folder', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'storage'), 'a file');
    const folder = await openDurableFolder({ top: root, base: join(root, 'storage'), scratch: SCRATCH });
    await expect(folder.probe(never)).rejects.toThrow();
    await expect(folder.write(join(root, 'storage/a.txt'), Buffer.from('x'), never)).rejects.toThrow();
  });
});

describe('the error of a disk', () => {
  it.each([
    ['ENOSPC', 'STORAGE_FULL', 'the disk is full'],
    ['EDQUOT', 'STORAGE_FULL', 'the disk quota is used up'],
    ['EROFS', 'STORAGE_FAILED', 'the file system is read-only'],
    ['EACCES', 'STORAGE_FAILED', 'permission denied'],
    ['EIO', 'STORAGE_FAILED', 'the disk reports an input/output error'],
    ['ENOTDIR', 'STORAGE_FAILED', 'a file stands where a folder should be'],
    ['EWHATEVER', 'STORAGE_FAILED', 'the system says EWHATEVER'],
  ])('says what %s means, and never where on the machine', (code, ours, reason) => {
    const cause = systemError(code);
    const error = diskError('front.jpg could not be written', cause);
    expect(error).toMatchObject({ code: ours, message: `front.jpg could not be written: ${reason}`, cause });
  });

  it('says that a write was cancelled', () => {
    const cause = new DOMException('This operation was aborted', 'AbortError');
    expect(diskError('a.txt could not be written', cause)).toMatchObject({ code: 'ABORTED' });
  });

  it('leaves an error of ours as it is', () => {
    const ours = new AppError('TIMEOUT', 'too late');
    expect(diskError('a.txt could not be written', ours)).toBe(ours);
  });

  it.each([
    [systemError('ENOENT'), 'ENOENT'],
    [new Error('no code'), undefined],
    ['no error', undefined],
  ])('has the code of the system: %#', (error, code) => {
    expect(codeOf(error)).toBe(code);
  });
});

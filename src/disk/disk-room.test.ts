import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { createDiskRoom } from './disk-room.ts';

describe('the room on a disk', () => {
  it('is that of the file system, also where the folder is not there yet', async () => {
    const folder = await temporaryFolder();
    const room = createDiskRoom(join(folder, 'data/storage'));
    expect(room.freeBytes()).toBeNull();
    expect(room.refusal(Number.MAX_SAFE_INTEGER)).toBeNull();
    await room.refresh();
    expect(room.freeBytes()).toBeGreaterThan(0);
    await mkdir(join(folder, 'data/storage'), { recursive: true });
    await room.refresh();
    expect(room.refusal(0)).toBeNull();
  });

  it('is refused to what does not fit, with what is about to be written counted', async () => {
    const room = createDiskRoom(await temporaryFolder());
    await room.refresh();
    const free = room.freeBytes() ?? 0;
    expect(room.refusal(free)).toMatch(/^the disk is full: [\d.]+ MB are left/);
    expect(room.refusal(free / 2)).toBeNull();
    room.spend(0.9 * free);
    expect(room.refusal(free / 2)).toMatch(/^the disk is full/);
  });

  it('is unknown where nobody can tell', async () => {
    const room = createDiskRoom('\0');
    await room.refresh();
    expect(room.freeBytes()).toBeNull();
    expect(room.refusal(Number.MAX_SAFE_INTEGER)).toBeNull();
  });
});

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../ports/context.test-support.ts';
import { programs } from '../programs.test-support.ts';
import { type DevicePlaces, firstCamera, videoDevices } from './v4l2-devices.ts';

const never = new AbortController().signal;

/** A machine with these devices: where each is attached, by the number of the device. */
async function machine(attached: Readonly<Record<number, string>>): Promise<DevicePlaces> {
  const folder = await temporaryFolder();
  const places = { devices: join(folder, 'dev'), classes: join(folder, 'class') };
  await mkdir(places.devices);
  await writeFile(join(places.devices, 'videodev'), '');
  for (const [number, port] of Object.entries(attached)) {
    await writeFile(join(places.devices, `video${number}`), '');
    await mkdir(join(folder, port), { recursive: true });
    await mkdir(join(places.classes, `video${number}`), { recursive: true });
    await writeFile(join(places.classes, `video${number}`, 'name'), `device ${number}\n`);
    await symlink(join(folder, port), join(places.classes, `video${number}`, 'device'));
  }
  return places;
}

describe('the video devices of a machine', () => {
  it('are listed by number, those at a USB port first', async () => {
    const places = await machine({ 10: 'platform/isp', 2: 'usb1/1-2', 0: 'platform/codec', 11: 'usb1/1-2' });
    const found = await videoDevices(places);
    expect(found.map(({ name, isUsb }) => ({ name, isUsb }))).toEqual([
      { name: 'device 2', isUsb: true },
      { name: 'device 11', isUsb: true },
      { name: 'device 0', isUsb: false },
      { name: 'device 10', isUsb: false },
    ]);
  });

  it('are none where there is no such folder', async () => {
    expect(await videoDevices({ devices: '/nowhere', classes: '/nowhere' })).toEqual([]);
  });

  it('have the first one that gives pictures as the first camera', async () => {
    const places = await machine({ 0: 'platform/codec', 1: 'usb1/1-2', 2: 'usb1/1-2' });
    const found = await programs();
    const lists = '[v4l2 @ 0x1] Raw : yuyv422 : YUYV 4:2:2 : 640x480';
    await found.add(
      'ffmpeg',
      `case "$*" in *video2) echo '${lists}' >&2;; *) echo 'Not a video capture device.' >&2;; esac; exit 1`,
    );
    expect(await firstCamera({ PATH: found.path }, never, places)).toBe(join(places.devices, 'video2'));
    expect(await firstCamera({ PATH: found.path }, never, await machine({ 0: 'platform/codec' }))).toBeNull();
  });
});

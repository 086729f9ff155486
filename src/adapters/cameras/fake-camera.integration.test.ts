import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cameraContract } from '../../ports/camera.contract.ts';
import type { Camera } from '../../ports/camera.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { fakeCamera } from './fake-camera.ts';

const never = new AbortController().signal;
const textOf = async (camera: Camera): Promise<string> => Buffer.from(await camera.capture(never)).toString();

interface Opened {
  readonly camera: Camera;
  readonly folder: string;
  readonly root: string;
}

/** A camera over a folder whose files hold their own names. */
async function cameraOver(names: readonly string[], options: Record<string, unknown> = {}): Promise<Opened> {
  const context = await testContext();
  const folder = join(context.root, 'data/parts');
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(join(folder, name), name);
  const parsed = fakeCamera.options.parse({ input_images_folder: 'parts', ...options });
  return { camera: await fakeCamera.open(parsed, context), folder, root: context.root };
}

async function captured(camera: Camera, times: number): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let count = 0; count < times; count += 1) texts.push(await textOf(camera));
  return texts;
}

describe('fake camera', () => {
  cameraContract(async () => (await cameraOver(['a.jpg', 'b.png'])).camera);

  it('takes pictures by name and starts again after the last when it goes in order', async () => {
    const { camera } = await cameraOver(['b.jpg', 'c.PNG', 'a.JPEG'], { order: 'in_order' });
    expect(await captured(camera, 4)).toEqual(['a.JPEG', 'b.jpg', 'c.PNG', 'a.JPEG']);
  });

  it('takes only visible .jpg, .jpeg and .png files', async () => {
    const { camera, folder } = await cameraOver(['.hidden.jpg', 'notes.txt', 'jpg', 'a.jpg.bak', 'part.jpg']);
    await mkdir(join(folder, 'folder.png'));
    expect(new Set(await captured(camera, 12))).toEqual(new Set(['part.jpg']));
  });

  it('takes the same pictures in the same order for the same seed, and not in the order of names', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `${index}.jpg`);
    const first = await captured((await cameraOver(names, { seed: 7 })).camera, 20);
    expect(await captured((await cameraOver(names, { seed: 7 })).camera, 20)).toEqual(first);
    expect(await captured((await cameraOver(names, { seed: 8 })).camera, 20)).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(3);
    expect(first.slice(0, 10)).not.toEqual(names);
  });

  it('sees that a picture was replaced in place', async () => {
    const { camera, folder } = await cameraOver(['a.jpg']);
    expect(await captured(camera, 2)).toEqual(['a.jpg', 'a.jpg']);
    await writeFile(join(folder, 'a.jpg'), 'another picture');
    expect(await textOf(camera)).toBe('another picture');
    await writeFile(join(folder, 'a.jpg'), 'of equal length');
    await utimes(join(folder, 'a.jpg'), new Date(), new Date(Date.now() + 5_000));
    expect(await textOf(camera)).toBe('of equal length');
  });

  it('sees that a picture was replaced by one of equal length, also within one tick of a coarse clock', async () => {
    const { camera, folder } = await cameraOver(['a.jpg']);
    const write = async (text: string, time: Date): Promise<void> => {
      await writeFile(join(folder, 'a.jpg'), text);
      await utimes(join(folder, 'a.jpg'), time, time);
    };
    const now = new Date();
    await write('long ago', new Date(now.getTime() - 3_600_000));
    expect(await captured(camera, 2)).toEqual(['long ago', 'long ago']);
    await write('just now', now);
    expect(await textOf(camera)).toBe('just now');
    await write('same now', now);
    expect(await textOf(camera)).toBe('same now');
  });

  it('sees pictures that are copied in while it is open', async () => {
    const { camera, folder } = await cameraOver(['a.jpg'], { order: 'in_order' });
    expect(await textOf(camera)).toBe('a.jpg');
    await writeFile(join(folder, 'b.jpg'), 'b.jpg');
    expect(new Set(await captured(camera, 2))).toEqual(new Set(['a.jpg', 'b.jpg']));
  });

  it('sees pictures that are copied into a folder that had rested', async () => {
    const { camera, folder } = await cameraOver(['a.jpg'], { order: 'in_order' });
    await utimes(folder, new Date(2020, 1, 1), new Date(2020, 1, 1));
    expect(await textOf(camera)).toBe('a.jpg');
    await writeFile(join(folder, 'b.jpg'), 'b.jpg');
    expect(new Set(await captured(camera, 2))).toEqual(new Set(['a.jpg', 'b.jpg']));
  });

  it('gives an empty file as it is', async () => {
    const { camera, folder } = await cameraOver(['a.jpg']);
    await writeFile(join(folder, 'a.jpg'), '');
    expect((await camera.capture(never)).byteLength).toBe(0);
  });

  it('fails naming the folder as someone wrote it when there is no picture', async () => {
    const { camera, folder } = await cameraOver([]);
    const failure = {
      code: 'CAPTURE_FAILED',
      message: 'image folder "parts" under data/ holds no .jpg or .png picture',
    };
    await expect(camera.capture(never)).rejects.toMatchObject(failure);
    await expect(camera.check(never)).rejects.toMatchObject({ ...failure, code: 'CAMERA_UNREACHABLE' });
    await rm(folder, { recursive: true });
    const gone = { code: 'CAPTURE_FAILED', message: 'image folder "parts" under data/ does not exist' };
    await expect(camera.capture(never)).rejects.toMatchObject(gone);
  });

  it('takes pictures again once the folder is back', async () => {
    const { camera, folder } = await cameraOver(['a.jpg']);
    await rm(folder, { recursive: true });
    await expect(camera.capture(never)).rejects.toThrow('does not exist');
    await mkdir(folder);
    await writeFile(join(folder, 'b.jpg'), 'b.jpg');
    expect(await textOf(camera)).toBe('b.jpg');
  });

  it('fails naming the picture that vanished', async () => {
    const { camera, folder } = await cameraOver(['a.jpg']);
    const past = new Date(2020, 1, 1);
    await utimes(folder, past, past);
    await textOf(camera);
    await rm(join(folder, 'a.jpg'));
    await utimes(folder, past, past);
    const failure = { code: 'CAPTURE_FAILED', message: '"a.jpg" of image folder "parts" could not be read' };
    await expect(camera.capture(never)).rejects.toMatchObject(failure);
  });

  it('never shows a folder that came from the environment', async () => {
    const context = await testContext({ written: { source: `lines/\${LINE}` } });
    const camera = await fakeCamera.open(fakeCamera.options.parse({ source: 'lines/secret' }), context);
    const message = `image folder "lines/\${LINE}" under data/ does not exist`;
    await expect(camera.capture(never)).rejects.toMatchObject({ message });
  });

  it('says before it is opened what is wrong with its folder', async () => {
    const context = await testContext();
    const options = fakeCamera.options.parse({ input_images_folder: 'nowhere' });
    expect(await fakeCamera.inspect?.(options, context)).toBe('image folder "nowhere" under data/ does not exist');
    await mkdir(join(context.root, 'data/nowhere'), { recursive: true });
    await writeFile(join(context.root, 'data/nowhere/a.jpg'), 'a');
    expect(await fakeCamera.inspect?.(options, context)).toBeNull();
  });

  it('takes "source" for the same thing, and both when they agree', () => {
    expect(fakeCamera.source(fakeCamera.options.parse({ source: 'parts' }))).toBe('parts');
    const both = fakeCamera.options.parse({ source: 'parts', input_images_folder: 'parts' });
    expect(fakeCamera.source(both)).toBe('parts');
  });

  it.each([
    {},
    { source: 'a', input_images_folder: 'b' },
    { source: '../outside' },
    { input_images_folder: '/etc' },
    { input_images_folder: 'a/../../b' },
    { input_images_folder: '' },
    { input_images_folder: 'a', order: 'backwards' },
    { input_images_folder: 'a', seed: 1.5 },
  ])('refuses the options %j', (options) => {
    expect(fakeCamera.options.safeParse(options).success).toBe(false);
  });
});

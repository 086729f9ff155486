import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../ports/context.test-support.ts';
import type { StationContext } from './adapter-context.ts';
import { type CameraDevices, type CameraUse, createCameraDevices } from './camera-devices.ts';
import { builtInKinds } from './kinds.ts';
import { imageFolder, planOfCamera } from './station-plan.test-support.ts';

const never = new AbortController().signal;

let context: StationContext;
let devices: CameraDevices;

beforeEach(async () => {
  context = { ...(await testContext()), kinds: builtInKinds };
  await imageFolder(context.root, ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg']);
  devices = createCameraDevices(context);
});

const take = async (use: CameraUse, signal = never): Promise<string> =>
  Buffer.from(await use.capture(signal)).toString();

describe('the cameras of a station', () => {
  it('serve their triggers in order, one at a time', async () => {
    const use = await devices.use(planOfCamera());
    const pictures = await Promise.all(Array.from({ length: 5 }, () => take(use)));
    expect(pictures).toEqual(['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg']);
  });

  it('go on after a capture that was cancelled or failed', async () => {
    const use = await devices.use(planOfCamera());
    await expect(use.capture(AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    const folder = join(context.root, 'data/parts');
    await rename(folder, `${folder}-away`);
    await expect(use.capture(never)).rejects.toThrow('parts');
    await expect(use.check(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await rename(`${folder}-away`, folder);
    await expect(use.check(never)).resolves.toBeUndefined();
    expect(await take(use)).toBe('1.jpg');
  });

  it('are one device for two stations that use them with the same options', async () => {
    const before = await devices.use(planOfCamera());
    expect(await take(before)).toBe('1.jpg');
    const after = await devices.use(planOfCamera({ metadata: { ...planOfCamera().metadata, position: 'left' } }));
    await before.release();
    expect(await take(after)).toBe('2.jpg');
  });

  it('serve the triggers of two stations in the order they came', async () => {
    const [before, after] = [await devices.use(planOfCamera()), await devices.use(planOfCamera())];
    const uses = [before, after, after, before, after];
    expect(await Promise.all(uses.map((use) => take(use)))).toEqual(['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg']);
  });

  it.each([
    ['id', { id: 'back' }],
    ['options', { options: { seed: 1 } }],
  ])('are two devices with another %s', async (_what, change) => {
    const first = await devices.use(planOfCamera());
    expect(await take(first)).toBe('1.jpg');
    const second = await devices.use(planOfCamera(change));
    expect(await take(second)).toBe('1.jpg');
  });

  it('are closed with their last user, whoever releases twice, and opened anew after', async () => {
    const [first, second] = [await devices.use(planOfCamera()), await devices.use(planOfCamera())];
    await first.release();
    await first.release();
    expect(await take(second)).toBe('1.jpg');
    await second.release();
    await expect(second.capture(never)).rejects.toThrow('closed');
    expect(await take(await devices.use(planOfCamera()))).toBe('1.jpg');
  });

  it('that cannot be opened at all are tried anew by the next one', async () => {
    const broken = planOfCamera({ options: { input_images_folder: '../outside' } });
    const attempts = await Promise.allSettled([devices.use(broken), devices.use(broken)]);
    expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(devices.use(broken)).rejects.toMatchObject({ code: 'CAPTURE_FAILED' });
  });

  it.each([
    ['are one device', 'settings that are not set on it', false, '2.jpg'],
    ['are two devices', 'settings that are set on it', true, '1.jpg'],
  ])('%s with other %s', async (_what, _which, applySettings, second) => {
    const { metadata } = planOfCamera();
    expect(await take(await devices.use(planOfCamera({ applySettings })))).toBe('1.jpg');
    const other = planOfCamera({ applySettings, metadata: { ...metadata, exposition: 100 } });
    expect(await take(await devices.use(other))).toBe(second);
  });

  it('that are away are opened all the same, and say so with every capture', async () => {
    const options = { url: 'http://127.0.0.1:1/picture' };
    const { options: _fake, ...plan } = planOfCamera();
    const use = await devices.use({ ...plan, type: 'http_camera', options, written: options });
    const away = { code: 'CAMERA_UNREACHABLE', message: expect.stringContaining('cannot be reached') };
    await expect(use.capture(never)).rejects.toMatchObject(away);
    await expect(use.check(never)).rejects.toMatchObject(away);
    await use.release();
  });
});

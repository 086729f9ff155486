import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Programs, pictureWriter, programs } from '../src/adapters/cameras/programs.test-support.ts';
import { INVENTORY, newEdgeRoot, newFolder, oneCamera, stationConfig } from './edge-root.test-support.ts';
import { runCommand, type StationProcess, startStation } from './station-process.test-support.ts';

interface Bench {
  readonly root: string;
  /** A file that stands for the device. */
  readonly device: string;
  readonly found: Programs;
  readonly env: Readonly<Record<string, string>>;
}

/** A root with one USB camera, and an ffmpeg that gives its pictures as long as the device is there. */
async function usbBench(change: Readonly<Record<string, unknown>> = {}): Promise<Bench> {
  const device = join(newFolder(), 'video0');
  writeFileSync(device, '');
  const found = await programs();
  const pictures = (await pictureWriter()).replace('while ', `while [ -e "${device}" ] && `);
  await found.add('ffmpeg', `${pictures}\necho 'No such device' >&2; exit 1`);
  const camera = {
    type: 'usb_camera',
    input_images_folder: undefined,
    source: device,
    pixel_format: 'MJPG',
    ...change,
  };
  const root = newEdgeRoot({
    'config/inventory.json': { ...INVENTORY, cameras: ['fake', 'usb_camera'] },
    'config/station_configs/line.json': stationConfig({ top: oneCamera(camera) }),
  });
  return { root, device, found, env: { PATH: found.path } };
}

async function untilReady(station: StationProcess, status: number): Promise<{ readonly reasons: readonly string[] }> {
  for (;;) {
    const answer = await station.request('GET', '/health/ready');
    const body = (await answer.json()) as { readonly reasons: readonly string[] };
    if (answer.status === status) return body;
    await sleep(20);
  }
}

describe('a station with a camera at a USB port', () => {
  it('is not ready while the camera is unplugged, fails its captures at once, and goes on when it is back', async () => {
    const { root, device, env } = await usbBench();
    const station = await startStation(root, { env });
    await untilReady(station, 200);
    expect(await station.inspected()).toMatchObject({ error: null, decision: 'OK' });

    rmSync(device);
    const { reasons } = await untilReady(station, 503);
    expect(reasons.join()).toContain(`camera "top": the USB camera ${device} is`);
    const failed = await station.inspected();
    expect(failed).toMatchObject({ decision: 'NO_DECISION', state: 'Done' });
    expect(failed.error).toContain('top');

    writeFileSync(device, '');
    await untilReady(station, 200);
    expect(await station.inspected()).toMatchObject({ error: null, decision: 'OK' });
    expect(await station.stop()).toBe(0);
  });

  it('says in its health which setting the camera does not take, and takes pictures', async () => {
    const { root, found, env } = await usbBench({ apply_settings: true, brightness: 10 });
    await found.add('v4l2-ctl', 'exit 0');
    const station = await startStation(root, { env });
    await untilReady(station, 200);
    const { warnings } = await station.get<{ readonly warnings: readonly string[] }>('/health');
    expect(warnings).toContain('camera "top": brightness cannot be set on this device');
    expect(await station.inspected()).toMatchObject({ error: null });
  });
});

describe('the command cameras', () => {
  it('lists the cameras of the configs, and measures those of the active one', async () => {
    const { root, env } = await usbBench();
    const { status, stdout } = await runCommand(['cameras', '--root', root, '--measure', '--json'], { env });
    expect(status).toBe(0);
    const { configured } = JSON.parse(stdout);
    expect(configured).toMatchObject([
      { config: 'line', is_active: true, camera: 'top', type: 'usb_camera', measured: { captures: 20, failure: null } },
    ]);
    expect(configured[0].measured.p95_ms).toBeGreaterThanOrEqual(configured[0].measured.p50_ms);
  });

  it('opens no camera when it only lists them', async () => {
    const { root, found, env } = await usbBench();
    const { status, stdout } = await runCommand(['cameras', '--root', root], { env });
    expect(status).toBe(0);
    expect(stdout).toContain('line (active)  top: usb_camera');
    expect(() => found.calls('ffmpeg')).toThrow('ENOENT');
  });

  it('refuses a config that is not there', async () => {
    const { root, env } = await usbBench();
    const { status, stderr } = await runCommand(['cameras', '--root', root, '--config', 'nothing'], { env });
    expect(status).toBe(1);
    expect(stderr).toContain('there is no station config "nothing"');
  });
});

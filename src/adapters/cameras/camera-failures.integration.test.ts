import { describe, expect, it } from 'vitest';
import type { Camera } from '../../ports/camera.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { serverThatSays } from '../../testing/network.test-support.ts';
import { httpCamera } from './http-camera.ts';
import { piCamera } from './pi-camera.ts';
import { closedAfterwards, programs, runningPrograms, withoutFfmpeg } from './programs.test-support.ts';
import { rtspCamera } from './rtsp-camera.ts';
import { usbCamera } from './usb-camera.ts';

const keep = closedAfterwards();
const GARBAGE = 'this is no picture, and no answer either\r\n';
const STREAM = 'HTTP/1.1 200 OK\r\ncontent-type: multipart/x-mixed-replace; boundary=b\r\n\r\n';

async function openRtsp(answer: string): Promise<Camera> {
  const url = `rtsp://line7:secret@127.0.0.1:${(await serverThatSays(answer)).port}/stream`;
  const context = await testContext({ env: { PATH: process.env.PATH } });
  return await rtspCamera.open(rtspCamera.options.parse({ url }), context);
}

async function openHttp(answer: string): Promise<Camera> {
  const url = `http://127.0.0.1:${(await serverThatSays(answer)).port}/picture`;
  return await httpCamera.open(httpCamera.options.parse({ url }), await testContext());
}

/** The PATH of a machine whose program for cameras writes this again and again, or nothing at all. */
async function pathWith(program: string, output: string): Promise<string> {
  const found = await programs();
  await found.add(program, output === '' ? 'exec sleep 60' : `while printf '${output}'; do sleep 0.02; done`);
  return found.path;
}

async function openUsb(output: string): Promise<Camera> {
  const context = await testContext({ env: { PATH: await pathWith('ffmpeg', output) } });
  return await usbCamera.open(usbCamera.options.parse({ source: '/dev/null', pixel_format: 'MJPG' }), context);
}

async function openPi(output: string): Promise<Camera> {
  const context = await testContext({ env: { PATH: await pathWith('rpicam-vid', output) } });
  return await piCamera.open(piCamera.options.parse({}), context);
}

const CAMERAS = [
  { camera: 'a USB camera', open: openUsb },
  { camera: 'a Raspberry Pi camera', open: openPi },
  { camera: 'a camera over HTTP', open: openHttp },
  { camera: 'a stream over HTTP', open: (then: string) => openHttp(`${STREAM}${then}`) },
];
const FAILURES = [
  { what: 'that is there and gives nothing', says: '' },
  { what: 'that gives what is no picture', says: GARBAGE },
];

/** It is there, and no picture ever comes. */
async function failsInTime(camera: Camera): Promise<void> {
  await expect(camera.capture(AbortSignal.timeout(500))).rejects.toThrow();
  await expect(camera.check(AbortSignal.timeout(500))).rejects.toThrow();
  const began = performance.now();
  await camera.close();
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(runningPrograms().filter((text) => /ffmpeg|rpicam/.test(text))).toEqual([]);
}

describe.each(FAILURES)('a camera $what', ({ says }) => {
  it.each(CAMERAS)('fails its captures and checks in time, and can be closed: $camera', async ({ open }) => {
    await failsInTime(keep(await open(says)));
  });

  it.skipIf(withoutFfmpeg !== '')(
    `fails its captures and checks in time, and can be closed: an RTSP camera${withoutFfmpeg}`,
    async () => await failsInTime(keep(await openRtsp(says))),
  );
});

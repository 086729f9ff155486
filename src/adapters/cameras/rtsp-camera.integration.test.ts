import { describe, expect, it } from 'vitest';
import { cameraContract } from '../../ports/camera.contract.ts';
import type { Camera } from '../../ports/camera.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { closedAfterwards, pictureWriter, programs, untilCheck, withoutFfmpeg } from './programs.test-support.ts';
import { rtspCamera } from './rtsp-camera.ts';
import { startRtspServer, withoutRtspServer } from './rtsp-server.test-support.ts';

const never = new AbortController().signal;
const keep = closedAfterwards();
const without = `${withoutFfmpeg}${withoutRtspServer}`;

async function openRtsp(port: number, password = 'secret', path = process.env.PATH): Promise<Camera> {
  const url = `rtsp://line7:${password}@127.0.0.1:${port}/stream`;
  const written = { url: `rtsp://\${USER}:\${PASSWORD}@127.0.0.1:${port}/stream` };
  const context = await testContext({ env: { PATH: path }, written });
  return keep(await rtspCamera.open(rtspCamera.options.parse({ url, latency_ms: 0 }), context));
}

describe.skipIf(without !== '')(`an RTSP camera${without}`, () => {
  cameraContract(async () => await openRtsp((await startRtspServer()).port));

  it('says that its server is gone, and comes back by itself', async () => {
    const server = await startRtspServer();
    const camera = await openRtsp(server.port);
    await camera.capture(never);
    await server.kill();
    expect(await untilCheck(camera, 'rejected')).toContain(`the camera at rtsp://127.0.0.1:${server.port}/stream `);
    await expect(camera.capture(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await startRtspServer(server.port);
    await untilCheck(camera, 'fulfilled');
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
  });

  it('shows no password when the server refuses it', async () => {
    const { port } = await startRtspServer();
    const message = await untilCheck(await openRtsp(port, 'wrong-password'), 'rejected');
    expect(message).toContain('401 Unauthorized');
    expect(message).not.toMatch(/wrong-password|line7/);
  });
});

describe('how an RTSP camera is read', () => {
  it('gives ffmpeg these arguments', async () => {
    const found = await programs();
    await found.add('ffmpeg', await pictureWriter());
    const camera = await openRtsp(8554, 'secret', found.path);
    await camera.capture(never);
    expect(found.calls('ffmpeg')).toEqual([
      [
        ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-fflags', 'nobuffer'],
        ...['-flags', 'low_delay', '-threads', '1', '-analyzeduration', '1000000', '-rtsp_transport', 'tcp'],
        ...['-i', 'rtsp://line7:secret@127.0.0.1:8554/stream', '-map', '0:v:0', '-vf', 'settb=1/25,setpts=N'],
        ...['-r', '25', '-c:v', 'mjpeg', '-q:v', '2', '-threads', '1', '-flush_packets', '1', '-f', 'mjpeg', 'pipe:1'],
      ],
    ]);
  });

  it.each([{}, { url: 'http://camera-3/' }, { url: 'rtsp://camera-3/', transport: 'smoke' }])(
    'does not allow %j',
    (options) => {
      expect(rtspCamera.options.safeParse(options).success).toBe(false);
    },
  );

  it('shows its address without user and password as the source of a picture', () => {
    const options = rtspCamera.options.parse({ url: 'rtsp://${USER}:${PASSWORD}@camera-3/stream1' });
    expect(rtspCamera.source(options)).toBe('rtsp://camera-3/stream1');
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cameraContract } from '../../ports/camera.contract.ts';
import type { Camera } from '../../ports/camera.ts';
import { temporaryFolder, testContext } from '../../ports/context.test-support.ts';
import {
  closedAfterwards,
  pictureWriter,
  programs,
  runningPrograms,
  untilCheck,
  withoutFfmpeg,
} from './programs.test-support.ts';
import { rtspCamera } from './rtsp-camera.ts';
import { startRtspServer, withoutRtspServer } from './rtsp-server.test-support.ts';

const never = new AbortController().signal;
const keep = closedAfterwards();
const without = `${withoutFfmpeg}${withoutRtspServer}`;

interface Change {
  readonly password?: string;
  readonly path?: string | undefined;
  readonly transport?: 'tcp' | 'udp';
}

async function openRtsp(port: number, change: Change = {}): Promise<Camera> {
  const { password = 'secret', path = process.env.PATH, transport } = change;
  const url = `rtsp://line7:${password}@127.0.0.1:${port}/stream`;
  const written = { url: `rtsp://\${USER}:\${PASSWORD}@127.0.0.1:${port}/stream` };
  const context = await testContext({ env: { PATH: path }, written });
  return keep(await rtspCamera.open(rtspCamera.options.parse({ url, transport, latency_ms: 0 }), context));
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

  it('is read over UDP when the config says so', async () => {
    const camera = await openRtsp((await startRtspServer()).port, { transport: 'udp' });
    expect((await camera.capture(never)).byteLength).toBeGreaterThan(0);
  });

  it('shows user and password to nobody on the machine', async () => {
    const { port } = await startRtspServer();
    await (await openRtsp(port)).capture(never);
    const running = runningPrograms().filter((text) => text.startsWith('ffmpeg '));
    expect(running).toHaveLength(1);
    expect(running.join()).not.toMatch(/line7|secret/);
  });

  it('shows no password when the server refuses it', async () => {
    const { port } = await startRtspServer();
    const message = await untilCheck(await openRtsp(port, { password: 'wrong-password' }), 'rejected');
    expect(message).toContain('401 Unauthorized');
    expect(message).not.toMatch(/wrong-password|line7/);
  });
});

describe('how an RTSP camera is read', () => {
  it('gives ffmpeg these arguments, and the address where nobody sees it', async () => {
    const found = await programs();
    const script = join(await temporaryFolder(), 'script');
    await found.add('ffmpeg', `cat > "${script}"; ${await pictureWriter()}`);
    await (await openRtsp(8554, { password: "se'cret", path: found.path })).capture(never);
    expect(found.calls('ffmpeg')).toEqual([
      [
        ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-fflags', 'nobuffer', '-flags', 'low_delay'],
        ...['-threads', '1', '-analyzeduration', '1', '-f', 'concat', '-safe', '0'],
        ...['-protocol_whitelist', 'pipe,rtp,tcp,tls,udp', '-i', 'pipe:0'],
        ...['-map', '0:v:0', '-vf', 'settb=1/25,setpts=N', '-r', '25', '-c:v', 'mjpeg', '-q:v', '2', '-threads', '1'],
        ...['-flush_packets', '1', '-f', 'mjpeg', 'pipe:1'],
      ],
    ]);
    expect(await readFile(script, 'utf8')).toBe(
      [
        'ffconcat version 1.0',
        "file 'rtsp://line7:se'\\''cret@127.0.0.1:8554/stream'",
        'option rtsp_transport tcp',
        'option analyzeduration 1000000',
        'option timeout 30000000\n',
      ].join('\n'),
    );
  });

  it('says which ffmpeg it needs where there is an older one', async () => {
    const found = await programs();
    await found.add('ffmpeg', `echo "[concat @ 0x5f] Line 3: unknown keyword 'option'" >&2; exit 1`);
    const message = await untilCheck(await openRtsp(8554, { path: found.path }), 'rejected');
    expect(message).toBe('the camera at rtsp://127.0.0.1:8554/stream is gone: ffmpeg 5.0 or newer is needed');
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

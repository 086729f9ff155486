import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { cameraContract } from '../../ports/camera.contract.ts';
import type { Camera } from '../../ports/camera.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { listenOn, serverThatSays } from '../../testing/network.test-support.ts';
import { httpCamera } from './http-camera.ts';
import { closedAfterwards, untilCheck } from './programs.test-support.ts';

const never = new AbortController().signal;
let picture: Buffer;
const keep = closedAfterwards();

beforeAll(async () => {
  picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
});
const sendSnapshot: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'image/jpeg').end(picture);
};

/** A picture every few milliseconds, until the camera hangs up. */
const sendStream: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  const timer = setInterval(() => {
    response.write(`--frame\r\ncontent-type: image/jpeg\r\ncontent-length: ${picture.byteLength}\r\n\r\n`);
    response.write(picture);
    response.write('\r\n');
  }, 5);
  response.once('close', () => clearInterval(timer));
};

async function serve(listener: RequestListener, port = 0): Promise<Server> {
  const server = createServer(listener);
  onTestFinished(() => stop(server));
  await listenOn(server, port);
  return server;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function open(url: string, written = url): Promise<Camera> {
  const context = await testContext({ written: { url: written } });
  return keep(await httpCamera.open(httpCamera.options.parse({ url }), context));
}

async function cameraOf(listener: RequestListener): Promise<Camera> {
  return await open(`http://127.0.0.1:${portOf(await serve(listener))}/picture`);
}

describe('a camera that gives one picture at a time over HTTP', () => {
  cameraContract(async () => await cameraOf(sendSnapshot));

  it('gives the picture of the camera, asked for after the trigger', async () => {
    let asked = 0;
    const camera = await cameraOf((request, response) => {
      asked += 1;
      sendSnapshot(request, response);
    });
    await camera.check(never);
    const before = asked;
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
    expect(asked).toBeGreaterThan(before);
  });

  it('fails with the reason while the camera is away, and takes pictures when it is back', async () => {
    const server = await serve(sendSnapshot);
    const port = portOf(server);
    const camera = await open(`http://127.0.0.1:${port}/picture`);
    await camera.capture(never);
    await stop(server);
    const away = {
      code: 'CAMERA_UNREACHABLE',
      message: `the camera at http://127.0.0.1:${port}/picture cannot be reached (ECONNREFUSED)`,
    };
    await expect(camera.capture(never)).rejects.toMatchObject(away);
    await expect(camera.check(never)).rejects.toMatchObject(away);
    await serve(sendSnapshot, port);
    await untilCheck(camera, 'fulfilled');
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
  });

  it('says what the camera answers instead of a picture', async () => {
    const camera = await cameraOf((_request, response) => response.writeHead(503).end());
    await expect(camera.capture(never)).rejects.toThrow('answered 503');
    await expect(camera.check(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
  });

  it('says that the answer broke off', async () => {
    const camera = await cameraOf((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': 1000 });
      response.write('half', () => response.destroy());
    });
    await expect(camera.capture(never)).rejects.toThrow('broke off its answer');
  });

  it('fails at once when the camera was found to hang, until it answers again', async () => {
    const answers = Promise.withResolvers<void>();
    const camera = await cameraOf((request, response) => {
      answers.promise.then(() => sendSnapshot(request, response));
    });
    await expect(camera.capture(AbortSignal.timeout(20))).rejects.toThrow('timeout');
    const found = 'gave no answer for 5000 ms';
    const isFound = async () => await expect(camera.check(AbortSignal.timeout(50))).rejects.toThrow(found);
    await vi.waitFor(isFound, { timeout: 30_000 });
    await expect(camera.capture(never)).rejects.toThrow(found);
    answers.resolve();
    await untilCheck(camera, 'fulfilled');
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
  });

  it('says that the camera speaks something else', async () => {
    const port = (await serverThatSays('this is no picture\r\n')).port;
    const camera = await open(`http://127.0.0.1:${port}/picture`);
    expect(await untilCheck(camera, 'rejected')).toContain('cannot be reached (');
    await expect(camera.capture(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
  });

  it('gives bytes that are no picture as they are: the item keeps them and says so', async () => {
    const page = '<html>Log in first</html>';
    const camera = await cameraOf((_request, response) => response.setHeader('content-type', 'text/html').end(page));
    expect(Buffer.from(await camera.capture(never)).toString()).toBe(page);
  });
});

describe('a camera that gives a stream over HTTP', () => {
  cameraContract(async () => await cameraOf(sendStream));

  it('asks for the stream once, however many pictures are taken', async () => {
    let asked = 0;
    const camera = await cameraOf((request, response) => {
      asked += 1;
      sendStream(request, response);
    });
    for (let count = 0; count < 5; count += 1) expect(Buffer.from(await camera.capture(never))).toEqual(picture);
    const first = asked;
    for (let count = 0; count < 5; count += 1) await camera.capture(never);
    expect(asked).toBe(first);
  });

  it('finds its pictures between garbage', async () => {
    const camera = await cameraOf((request, response) => {
      sendStream(request, response);
      response.write(Buffer.from([0xff, 0xd8, 0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3, 0xff]));
    });
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
  });

  it('is opened by itself when the camera was away at first', async () => {
    const server = await serve(sendStream);
    const port = portOf(server);
    await stop(server);
    const camera = await open(`http://127.0.0.1:${port}/picture`);
    await expect(camera.capture(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    const asked = Promise.withResolvers<void>();
    await serve((request, response) => {
      asked.resolve();
      sendStream(request, response);
    }, port);
    await asked.promise;
    await untilCheck(camera, 'fulfilled');
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
  });

  it('comes back by itself when the camera was away', async () => {
    const server = await serve(sendStream);
    const port = portOf(server);
    const camera = await open(`http://127.0.0.1:${port}/picture`);
    await camera.capture(never);
    await stop(server);
    await untilCheck(camera, 'rejected');
    await expect(camera.capture(never)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await serve(sendStream, port);
    await untilCheck(camera, 'fulfilled');
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
  });

  it('hangs up when it is closed', async () => {
    const left: IncomingMessage[] = [];
    const camera = await cameraOf((request, response) => {
      response.once('close', () => left.push(request));
      sendStream(request, response);
    });
    await camera.capture(never);
    await camera.close();
    while (left.length === 0) await wait(5);
    await wait(20);
    expect(left.every(({ socket }) => socket.destroyed)).toBe(true);
  });
});

describe('user and password of a camera in the network', () => {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const basic: RequestListener = (request, response) => {
    const expected = `Basic ${Buffer.from('line7:p@ss word').toString('base64')}`;
    if (request.headers.authorization === expected) return void sendSnapshot(request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
  };
  const digest: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    const given = new Map(
      [...(request.headers.authorization ?? '').matchAll(/(\w+)="?([^",]+)"?/g)].map(([, key, value]) => [key, value]),
    );
    const [a1, a2] = [md5('line7:camera:p@ss word'), md5('GET:/picture?size=full')];
    const expected = md5(`${a1}:n1:${given.get('nc')}:${given.get('cnonce')}:auth:${a2}`);
    if (given.get('response') === expected) return void sendSnapshot(request, response);
    response.writeHead(401, { 'www-authenticate': 'Digest realm="camera", nonce="n1", qop="auth,auth-int"' }).end();
  };

  it.each([
    ['Basic', basic],
    ['Digest', digest],
  ])('are given when the camera asks for them by %s', async (_scheme, listener) => {
    const port = portOf(await serve(listener));
    const camera = await open(`http://line7:p%40ss%20word@127.0.0.1:${port}/picture?size=full`);
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
    expect(Buffer.from(await camera.capture(never))).toEqual(picture);
  });

  it('are in no message when the camera refuses them, nor in the source of an item', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
    });
    const place = `127.0.0.1:${portOf(server)}/picture`;
    const camera = await open(`http://line7:secret@${place}`, `http://\${CAMERA_USER}:\${CAMERA_PASSWORD}@${place}`);
    const refused = `the camera at http://${place} refuses user and password`;
    await expect(camera.capture(never)).rejects.toMatchObject({ message: refused });
    const written = httpCamera.options.parse({ url: `http://\${CAMERA_USER}:\${CAMERA_PASSWORD}@camera-3/picture` });
    expect(httpCamera.source(written)).toBe('http://camera-3/picture');
  });

  it('are asked for when the address has none', async () => {
    const camera = await cameraOf((_request, response) => response.writeHead(401).end());
    await expect(camera.check(never)).rejects.toThrow('asks for user and password');
  });
});

describe('the options of a camera in the network', () => {
  it.each([{}, { url: 'camera-3' }, { url: 'rtsp://camera-3/' }, { url: 'http://camera-3/', latency_ms: -1 }])(
    'do not allow %j',
    (options) => {
      expect(httpCamera.options.safeParse(options).success).toBe(false);
    },
  );

  it('allow an address that comes from the environment as a whole', () => {
    expect(httpCamera.options.safeParse({ url: '${CAMERA_URL}' }).success).toBe(true);
  });
});

import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** Resolves to the port of this machine that a server listens on from now: a free one unless one is given. */
export async function listenOn(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listenOn(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody listens on a port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.unref().once('connect', () => socket.destroy());
  });
}

/** Resolves as soon as somebody listens on a port of this machine. Rejects when that takes more than 30 s. */
export async function untilListening(port: number): Promise<void> {
  for (const end = Date.now() + 30_000; !(await isListening(port)); await sleep(50)) {
    if (Date.now() > end) throw new Error(`nobody listens on port ${port}`);
  }
}

/** Where something listens in the place of a server. */
export interface Instead {
  readonly port: number;
  /** `127.0.0.1:…` */
  readonly host: string;
  /** `http://127.0.0.1:…` */
  readonly endpoint: string;
}

/** Something that speaks HTTP in the place of a server, until the test ends. */
export async function answerInstead(answer: RequestListener): Promise<Instead> {
  return await untilTestEnds(createServer(answer));
}

/** The same for one answer to everything, once the request has come whole. */
export async function alwaysAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Instead> {
  return await answerInstead((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
}

/** Something that takes connections in the place of a server and speaks no HTTP, until the test ends. */
export async function listenInstead(onConnection: (socket: Socket) => void): Promise<Instead> {
  return await untilTestEnds(createTcpServer(onConnection));
}

/** Takes every connection in the place of a server, and whatever it is asked says this, or nothing at all. */
export async function serverThatSays(answer: string): Promise<Instead> {
  return await listenInstead((socket) => void socket.on('data', () => socket.write(answer)));
}

/** A server that listens until the test ends, which ends its connections too. */
export async function untilTestEnds(server: Server): Promise<Instead> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  const port = await listenOn(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port, host: `127.0.0.1:${port}`, endpoint: `http://127.0.0.1:${port}` };
}

/** A way to a server that can be cut: the server itself stays, with all it holds. */
export interface Relay {
  readonly port: number;
  /** Breaks every connection and takes no new one, until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Opens such a way to a port of this machine. */
export async function openRelay(serverPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const relay = createTcpServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(one);
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      one.pipe(other);
    }
  });
  const port = await listenOn(relay);
  const goAway = async (): Promise<void> => {
    if (!relay.listening) return;
    const closed = new Promise((resolve) => relay.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    goAway,
    async comeBack() {
      await listenOn(relay, port);
    },
    close: goAway,
  };
}

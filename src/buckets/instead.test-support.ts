import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A real store on a free port of this machine. */
export interface StoreServer {
  /** A new, empty bucket, whatever that is called there. */
  createBucket(): Promise<string>;
  /** Puts objects there as anyone else would. */
  fill(bucket: string, names: readonly string[]): Promise<void>;
  /** The media type of an object. */
  mediaTypeOf(bucket: string, name: string): Promise<string | undefined>;
  /** Breaks every connection and takes no new one, until `comeBack`; the objects stay. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Where something listens. */
export interface Instead {
  /** `http://…` */
  readonly endpoint: string;
  readonly host: string;
}

/** Something that listens in the place of a store, until the test ends. */
export async function listenInstead(answer: RequestListener): Promise<Instead> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint: `http://${host}`, host };
}

/** A way to a store that can be cut: the store itself stays, with all it holds. */
export interface Relay {
  readonly port: number;
  /** Breaks every connection and takes no new one, until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Opens such a way to a port of this machine. */
export async function openRelay(storePort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const relay = createTcpServer((near) => {
    const far = connect(storePort, '127.0.0.1');
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
  const port = await listen(relay, 0);
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
      await listen(relay, port);
    },
    close: goAway,
  };
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves as soon as somebody listens on a port of this machine. Rejects when that takes more than 30 s. */
export async function untilListening(port: number): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.unref().once('connect', () => socket.destroy());
    });
    if (isThere) return;
    if (Date.now() > end) throw new Error(`nobody listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

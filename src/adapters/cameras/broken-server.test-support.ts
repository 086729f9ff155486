import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server that accepts every connection, and to whatever it is asked says this, or nothing at all. Gives its port. */
export async function serverThatSays(answer: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', () => socket.write(answer));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

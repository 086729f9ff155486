import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../ports/context.test-support.ts';
import { DEVICE, type EdgeHub, HUB, MODULE, signatureOf } from './edge-hub.test-support.ts';

const GENERATION = '637 / 81';

export interface Workload {
  /** What the IoT Edge runtime sets for the module. */
  readonly env: Readonly<Record<string, string>>;
  /** The requests it answered. */
  readonly asked: readonly string[];
}

/** The workload API of an IoT Edge runtime, on a port or a socket; it is gone when the test ends. */
export async function startWorkload(
  hub: EdgeHub,
  where: 'port' | 'socket',
  answer: (request: string, body: unknown) => unknown = (request, body) => honest(hub, request, body),
): Promise<Workload> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    asked.push(line);
    const content = answer(line, await bodyOf(request));
    if (content === 'silence') return;
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(typeof content === 'string' ? content : JSON.stringify(content));
  });
  server.on('connection', (socket) => sockets.add(socket));
  const path = join(await temporaryFolder(), 'workload.sock');
  await new Promise<void>((resolve) =>
    where === 'socket' ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const uri = typeof address === 'string' ? `unix://${address}` : `http://127.0.0.1:${address?.port}/`;
  return {
    asked,
    env: {
      IOTEDGE_WORKLOADURI: uri,
      IOTEDGE_DEVICEID: DEVICE,
      IOTEDGE_MODULEID: MODULE,
      IOTEDGE_MODULEGENERATIONID: GENERATION,
      IOTEDGE_IOTHUBHOSTNAME: HUB,
      IOTEDGE_GATEWAYHOSTNAME: 'localhost',
      IOTEDGE_APIVERSION: '2019-01-30',
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return request.method === 'POST' ? await json(request) : undefined;
}

function honest(hub: EdgeHub, request: string, body: unknown): unknown {
  if (request === 'GET /trust-bundle?api-version=2019-01-30') return { certificate: hub.certificate.pem };
  const sign = `POST /modules/${MODULE}/genid/${encodeURIComponent(GENERATION)}/sign?api-version=2019-01-30`;
  if (request !== sign) return undefined;
  const { keyId, algo, data } = body as { readonly keyId: string; readonly algo: string; readonly data: string };
  if (keyId !== 'primary' || algo !== 'HMACSHA256') return undefined;
  return { digest: signatureOf(Buffer.from(data, 'base64').toString()) };
}

import { createServer, type Server } from 'node:http';
import { buildApp } from 'fauxqs';
import { listenOn } from '../testing/network.test-support.ts';
import type { StoreServer } from './store-server.test-support.ts';

/** A real S3 server of its own on a free port of this machine. It checks no credentials. */
export interface S3Server extends StoreServer {
  readonly endpoint: string;
}

const LARGEST_OBJECT_BYTES = 64 * 1024 * 1024;

export async function startS3Server(): Promise<S3Server> {
  const app = buildApp({ logger: false });
  // the parser of fauxqs itself ends at 11 MiB, far below what a store takes
  for (const mediaType of ['image/jpeg', 'application/octet-stream']) {
    app.addContentTypeParser(
      mediaType,
      { parseAs: 'buffer', bodyLimit: LARGEST_OBJECT_BYTES },
      (_request: unknown, body: unknown, done: (error: Error | null, body?: unknown) => void) => done(null, body),
    );
  }
  await app.ready();
  let buckets = 0;
  let server = createServer(app.routing);
  const port = await listenOn(server);

  return {
    endpoint: `http://127.0.0.1:${port}`,
    async createBucket() {
      buckets += 1;
      const bucket = `bucket-${buckets}`;
      await app.inject({ method: 'PUT', url: `/${bucket}` });
      return bucket;
    },
    async fill(bucket, names) {
      for (const name of names) {
        const url = `/${bucket}/${name.split('/').map(encodeURIComponent).join('/')}`;
        await app.inject({ method: 'PUT', url, headers: { 'content-type': 'text/plain' }, payload: 'x' });
      }
    },
    async mediaTypeOf(bucket, name) {
      const { headers } = await app.inject({ method: 'HEAD', url: `/${bucket}/${name}` });
      return headers['content-type']?.toString();
    },
    async goAway() {
      await end(server);
    },
    async comeBack() {
      server = createServer(app.routing);
      await listenOn(server, port);
    },
    async close() {
      await end(server);
      await app.close();
    },
  };
}

async function end(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

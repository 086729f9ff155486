import { spawn } from 'node:child_process';
import { programPath, without } from '../testing/needs.test-support.ts';
import { freePort, openRelay, untilListening } from '../testing/network.test-support.ts';
import type { StoreServer } from './store-server.test-support.ts';

/** More than one page of a list. The server looks at all its objects for each that comes, so that more take minutes. */
export const MANY_IN_GCS = 1200;

const PROGRAM = 'fake-gcs-server';
const path = programPath(PROGRAM);

/** Ends the name of a test that needs this server, where it is not. */
export const withoutGcs = without(PROGRAM, path !== undefined);

/** A real server that speaks the protocol of Google Cloud Storage. It checks no credentials. */
export interface GcsServer extends StoreServer {
  readonly host: string;
  readonly endpoint: string;
}

export async function startGcsServer(): Promise<GcsServer> {
  const port = await freePort();
  const direct = `http://127.0.0.1:${port}`;
  const options = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-log-level', 'error'];
  const server = spawn(path ?? PROGRAM, [...options, '-port', `${port}`], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await untilListening(port);
  const relay = await openRelay(port);
  const post = async (path: string, contentType: string, body: string): Promise<void> => {
    const answer = await fetch(`${direct}${path}`, { method: 'POST', headers: { 'content-type': contentType }, body });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
    await answer.arrayBuffer();
  };
  let buckets = 0;
  return {
    host: `127.0.0.1:${relay.port}`,
    endpoint: `http://127.0.0.1:${relay.port}`,
    async createBucket() {
      buckets += 1;
      await post('/storage/v1/b', 'application/json', JSON.stringify({ name: `bucket-${buckets}` }));
      return `bucket-${buckets}`;
    },
    async fill(bucket, names) {
      for (let first = 0; first < names.length; first += 50) {
        const paths = names
          .slice(first, first + 50)
          .map((name) => `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`);
        await Promise.all(paths.map(async (path) => post(path, 'text/plain', 'x')));
      }
    },
    async mediaTypeOf(bucket, name) {
      const answer = await fetch(`${direct}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`);
      return ((await answer.json()) as { readonly contentType?: string }).contentType;
    },
    goAway: relay.goAway,
    comeBack: relay.comeBack,
    async close() {
      await relay.close();
      server.kill();
      await ended;
    },
  };
}

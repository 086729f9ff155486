import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { Aedes, type AuthErrorCode, type AuthenticateError } from 'aedes';
import { without } from '../../../testing/needs.test-support.ts';

/** Ends the name of a test that needs the hub, where there is no openssl: Node itself cannot make certificates. */
export const withoutHub = without('openssl', spawnSync('openssl', ['version']).status === 0);

export const HUB = 'factory.azure-devices.net';
export const DEVICE = 'press-7';
export const MODULE = 'inspection';
/** "swordfish" in base64, so that a test can look for it in what must not show it. */
const KEY = Buffer.from('swordfish-4711-of-the-module').toString('base64');

const NOT_AUTHORIZED = 5 as AuthErrorCode;

export interface Certificate {
  /** Where its PEM is, which is also the authority that it comes from. */
  readonly file: string;
  readonly pem: string;
  readonly key: string;
}

export interface Received {
  readonly topic: string;
  readonly body: string;
  readonly qos: number;
}

/** What a module is given to reach a hub. */
export const CONNECTION_STRING = `HostName=${HUB};GatewayHostName=localhost;DeviceId=${DEVICE};ModuleId=${MODULE};SharedAccessKey=${KEY}`;

/** What an IoT Edge hub does for modules that only send: MQTT over TLS for those whose token is signed with the key. */
export interface EdgeHub {
  readonly port: number;
  readonly certificate: Certificate;
  /** What it acknowledged, in the order in which that came. */
  readonly received: readonly Received[];
  /** The name that each client gave that it let in. */
  readonly users: readonly string[];
  /** How many connections it ended because their token was over. */
  readonly expired: () => number;
  /** From now on it takes messages and says nothing. */
  fallSilent(): void;
  /** Ends every connection. */
  drop(): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A certificate of its own for "localhost" and 127.0.0.1, in a folder that `remove` takes away. */
export async function newCertificate(
  names = 'DNS:localhost,IP:127.0.0.1',
): Promise<Certificate & { remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-hub-'));
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const about = ['-subj', '/CN=IoT Edge hub', '-addext', `subjectAltName=${names}`, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...about, '-out', file], { stdio: 'pipe' });
  const [pem, key] = await Promise.all([readFile(file, 'utf8'), readFile(keyFile, 'utf8')]);
  return { file, pem, key, remove: () => rm(folder, { recursive: true, force: true }) };
}

export async function startHub(certificate: Certificate): Promise<EdgeHub> {
  const received: Received[] = [];
  const users: string[] = [];
  const sockets = new Set<Socket>();
  let expired = 0;
  let silent = false;
  let port = 0;
  let server: Server | undefined;

  const broker = await Aedes.createBroker({
    authenticate(client, user, password, done) {
      const expiry = expiryOf(user, String(password));
      if (expiry === null || client.id !== `${DEVICE}/${MODULE}`) {
        done(Object.assign(new Error('refused'), { returnCode: NOT_AUTHORIZED }) as AuthenticateError, false);
        return;
      }
      users.push(String(user));
      const timer = setTimeout(() => {
        expired += 1;
        client.close();
      }, expiry - Date.now());
      client.conn.once('close', () => clearTimeout(timer));
      done(null, true);
    },
    authorizePublish(_client, { topic, payload, qos }, done) {
      if (!topic.startsWith(`devices/${DEVICE}/modules/${MODULE}/messages/events/`)) {
        done(new Error('another topic'));
        return;
      }
      if (silent) return;
      received.push({ topic, body: String(payload), qos });
      done(null);
    },
  });

  async function start(): Promise<void> {
    server = createServer({ cert: certificate.pem, key: certificate.key }, (socket) => void broker.handle(socket));
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    const found = server.address();
    if (found !== null && typeof found !== 'string') port = found.port;
  }

  function drop(): void {
    for (const socket of sockets) socket.destroy();
  }

  await start();
  return {
    port,
    certificate,
    received,
    users,
    expired: () => expired,
    fallSilent() {
      silent = true;
    },
    drop,
    start,
    async stop() {
      const closed = new Promise((resolve) => server?.close(resolve));
      drop();
      await closed;
    },
  };
}

/** When the token of a client ends, in Unix milliseconds; null when it is not that of the module, or over. */
function expiryOf(user: string | undefined, password: string): number | null {
  if (user !== `${HUB}/${DEVICE}/${MODULE}/?api-version=2021-04-12`) return null;
  const [, scope, signature = '', expiry] =
    /^SharedAccessSignature sr=([^&]+)&sig=([^&]+)&se=(\d+)$/.exec(password) ?? [];
  if (scope !== encodeURIComponent(`${HUB}/devices/${DEVICE}/modules/${MODULE}`)) return null;
  const expiresAt = Number(expiry) * 1_000;
  if (decodeURIComponent(signature) !== signatureOf(`${scope}\n${expiry}`) || expiresAt <= Date.now()) return null;
  return expiresAt;
}

/** The HMAC-SHA256 with the module's key, in base64. */
export function signatureOf(content: string): string {
  return createHmac('sha256', Buffer.from(KEY, 'base64')).update(content).digest('base64');
}

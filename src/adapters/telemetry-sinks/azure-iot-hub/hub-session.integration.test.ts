import { createServer as createPlainServer, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { rootless } from '../../../ports/context.test-support.ts';
import type { TelemetrySink } from '../../../ports/telemetry-sink.ts';
import { untilTestEnds } from '../../../testing/network.test-support.ts';
import { azureIotHubTelemetrySink } from '../azure-iot-hub-telemetry-sink.ts';
import { failureOf, never, telemetryOf } from '../telemetry.test-support.ts';
import { type Certificate, CONNECTION_STRING, newCertificate, withoutHub } from './edge-hub.test-support.ts';

describe.skipIf(withoutHub !== '')(`a hub that is none${withoutHub}`, () => {
  let certificate: Certificate & { remove(): Promise<void> };
  beforeAll(async () => {
    certificate = await newCertificate();
  });
  afterAll(() => certificate.remove());

  /** A sink that is closed when the test ends. */
  async function openSink(port: number, timeout_ms: number): Promise<TelemetrySink> {
    const env = { EdgeHubConnectionString: CONNECTION_STRING, EdgeModuleCACertificateFile: certificate.file };
    const options = { port, timeout_ms, token_lifetime_s: 3_600 };
    const sink = await azureIotHubTelemetrySink.open(options, { ...rootless, env });
    onTestFinished(() => sink.close());
    return sink;
  }

  it.each([
    ['nothing', ''],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['zeros', '\0'.repeat(64)],
    ['an acknowledgement that nobody asked for', '\x40\x02\x00\x01'],
    ['a welcome twice', '\x20\x02\x00\x00\x20\x02\x00\x00'],
  ])('is outlived when it answers with %s and hangs up', async (_, answer) => {
    const server = createServer({ cert: certificate.pem, key: certificate.key }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')));
    });
    const port = (await untilTestEnds(server)).port;
    const sink = await openSink(port, 2_000);
    expect(await failureOf(sink.send(telemetryOf('item-1'), never))).toMatchObject({ code: 'TELEMETRY_FAILED' });
  });

  it('is waited for no longer than the timeout when it says nothing to a handshake', async () => {
    const sockets: Socket[] = [];
    const server = createPlainServer((socket) => void sockets.push(socket.on('error', () => undefined).resume()));
    const port = (await untilTestEnds(server)).port;
    const sink = await openSink(port, 200);
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error.message).toMatch(/did not answer in 200 ms$/);
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });
});

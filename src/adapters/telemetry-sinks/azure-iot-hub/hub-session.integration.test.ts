import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { rootless } from '../../../ports/context.test-support.ts';
import type { TelemetrySink } from '../../../ports/telemetry-sink.ts';
import { listenInstead, untilTestEnds } from '../../../testing/network.test-support.ts';
import { azureIotHubTelemetrySink } from '../azure-iot-hub-telemetry-sink.ts';
import { failureOf, never, telemetryOf } from '../telemetry.test-support.ts';
import { type Certificate, CONNECTION_STRING, newCertificate, withoutHub } from './edge-hub.test-support.ts';

/** The packet of a broker that lets a client in. */
const WELCOME = '\x20\x02\x00\x00';

/** Answers what comes with one text after the other, then no more. */
function answerInTurn(socket: Socket, answers: readonly string[]): void {
  const left = [...answers];
  socket.on('data', () => {
    const answer = left.shift();
    if (answer !== undefined) socket.write(Buffer.from(answer, 'latin1'));
  });
}

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

  /** A port where something speaks TLS with the certificate of the hub, until the test ends. */
  async function speakTls(onConnection: (socket: Socket) => void): Promise<number> {
    const server = createServer({ cert: certificate.pem, key: certificate.key }, (socket) => {
      onConnection(socket.on('error', () => undefined));
    });
    return (await untilTestEnds(server)).port;
  }

  it.each([
    ['nothing', ''],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['zeros', '\0'.repeat(64)],
    ['an acknowledgement that nobody asked for', '\x40\x02\x00\x01'],
    ['a welcome twice', '\x20\x02\x00\x00\x20\x02\x00\x00'],
  ])('is outlived when it answers with %s and hangs up', async (_, answer) => {
    const port = await speakTls((socket) => {
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')));
    });
    const sink = await openSink(port, 2_000);
    expect(await failureOf(sink.send(telemetryOf('item-1'), never))).toMatchObject({ code: 'TELEMETRY_FAILED' });
  });

  it.each([
    [1, 'a version of the protocol that it does not speak', 'Unacceptable protocol version'],
    [2, 'a client that it does not want', 'Identifier rejected'],
    [3, 'a service that is not there', 'Server unavailable'],
    [4, 'a password that it does not take', 'Bad username or password'],
    [5, 'a module that may not', 'Not authorized'],
  ])('is told when it refuses with the code %i: %s', async (code, _, reason) => {
    const port = await speakTls((socket) => {
      socket.once('data', () => socket.write(Buffer.from([0x20, 2, 0, code])));
    });
    const error = await failureOf((await openSink(port, 2_000)).send(telemetryOf('item-1'), never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining(reason) });
  });

  it.each([
    ['greets as SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['sends zeros', '\0'.repeat(64)],
  ])('is told when it %s and knows no TLS', async (_, answer) => {
    const { port } = await listenInstead((socket) => void socket.write(answer));
    const error = await failureOf((await openSink(port, 2_000)).send(telemetryOf('item-1'), never));
    expect(error.code).toBe('TELEMETRY_FAILED');
    expect(error.message).toMatch(/^the IoT Edge hub at localhost:\d+ failed: ./);
  });

  it.each([
    ['says nothing to a module that connects', []],
    ['says nothing to a message', [WELCOME]],
    ['begins a welcome and does not end it', ['\x20\x02\x00']],
    ['acknowledges another message', [WELCOME, '\x40\x02\x7f\x7f']],
  ])('is waited for no longer than the timeout when it %s', async (_, answers) => {
    const port = await speakTls((socket) => answerInTurn(socket, answers));
    const error = await failureOf((await openSink(port, 400)).send(telemetryOf('item-1'), never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED' });
    expect(error.message).toMatch(/did not answer in 400 ms$/);
  });

  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a banner of SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['zeros', '\0'.repeat(64)],
    ['a packet of a kind that there is not', '\xf0\x00'],
  ])('is outlived when it welcomes and then answers with %s, and is asked anew', async (_, answer) => {
    let isSane = false;
    const port = await speakTls((socket) => {
      if (!isSane) return answerInTurn(socket, [WELCOME, answer]);
      answerInTurn(socket, [WELCOME]);
      // The acknowledgement has the number of the message, which is behind its topic.
      socket.on('data', (packet) => {
        const at = packet.indexOf('%2Fjson&$.ce=utf-8') + '%2Fjson&$.ce=utf-8'.length;
        if ((packet[0] ?? 0) >> 4 === 3) socket.write(Buffer.from([0x40, 2, ...packet.subarray(at, at + 2)]));
      });
    });
    const sink = await openSink(port, 1_000);
    expect(await failureOf(sink.send(telemetryOf('item-1'), never))).toMatchObject({ code: 'TELEMETRY_FAILED' });
    isSane = true;
    await expect(sink.send(telemetryOf('item-1'), never)).resolves.toBeUndefined();
  });

  it('is waited for no longer than the timeout when it says nothing to a handshake', async () => {
    const sockets: Socket[] = [];
    const { port } = await listenInstead((socket) => void sockets.push(socket.resume()));
    const sink = await openSink(port, 200);
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error.message).toMatch(/did not answer in 200 ms$/);
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });
});

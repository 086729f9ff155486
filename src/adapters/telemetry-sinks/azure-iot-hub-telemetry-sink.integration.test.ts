import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { rootless, temporaryFolder } from '../../ports/context.test-support.ts';
import { exampleTelemetry, telemetrySinkContract } from '../../ports/telemetry-sink.contract.ts';
import type { TelemetrySink } from '../../ports/telemetry-sink.ts';
import {
  type Certificate,
  CONNECTION_STRING,
  type EdgeHub,
  newCertificate,
  startHub,
  withoutHub,
} from './azure-iot-hub/edge-hub.test-support.ts';
import { startWorkload } from './azure-iot-hub/workload.test-support.ts';
import { azureIotHubTelemetrySink } from './azure-iot-hub-telemetry-sink.ts';
import { failureOf, never, telemetryOf } from './telemetry.test-support.ts';

const ITEM = '0198f2b3-77aa-7cc1-8d2e-3a5b6c7d8e9f';
const OPTIONS = { port: 8_883, timeout_ms: 10_000, token_lifetime_s: 3_600 };

type Options = Partial<typeof OPTIONS>;

describe.skipIf(withoutHub !== '')(`azure iot hub telemetry sink${withoutHub}`, () => {
  let certificate: Certificate & { remove(): Promise<void> };
  let other: Certificate & { remove(): Promise<void> };
  let hub: EdgeHub;
  beforeAll(async () => {
    certificate = await newCertificate();
    other = await newCertificate('DNS:elsewhere');
  });
  afterAll(() => Promise.all([certificate.remove(), other.remove()]));
  beforeEach(async () => {
    hub = await startHub(certificate);
    onTestFinished(() => hub.stop());
  });

  function moduleEnv(change: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return {
      EdgeHubConnectionString: CONNECTION_STRING,
      EdgeModuleCACertificateFile: certificate.file,
      ...change,
    };
  }

  /** A sink that is closed when the test ends. */
  async function openSink(options: Options = {}, env = moduleEnv()): Promise<TelemetrySink> {
    const sink = await azureIotHubTelemetrySink.open({ ...OPTIONS, port: hub.port, ...options }, { ...rootless, env });
    onTestFinished(() => sink.close());
    return sink;
  }

  telemetrySinkContract({
    open: () => openSink(),
    received: async () => hub.received.map(({ body }) => JSON.parse(body)),
  });

  it('sends exactly the message of each item, with an id that stays the same, in the order given', async () => {
    const sink = await openSink();
    await sink.send([exampleTelemetry(ITEM, 'KO'), exampleTelemetry('item/+#2')], never);
    await sink.send([exampleTelemetry('item/+#2')], never);
    const topic = 'devices/press-7/modules/inspection/messages/events';
    expect(hub.received).toEqual([
      {
        topic: `${topic}/$.mid=${ITEM}&$.ct=application%2Fjson&$.ce=utf-8`,
        body: `{"item_id":"${ITEM}","config":"line","decision":"KO"}`,
        qos: 1,
      },
      {
        topic: expect.stringMatching(/\/\$\.mid=[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]{21}&\$\.ct=/),
        body: '{"item_id":"item/+#2","config":"line","decision":"OK"}',
        qos: 1,
      },
      hub.received[1],
    ]);
    expect(hub.users).toEqual(['factory.azure-devices.net/press-7/inspection/?api-version=2021-04-12']);
  });

  it('sends thousands at once, in the order given, over one connection', async () => {
    const sink = await openSink();
    const itemIds = Array.from({ length: 3_000 }, (_, index) => `item-${index}`);
    await sink.send(telemetryOf(...itemIds), never);
    expect(hub.received.map(({ body }) => JSON.parse(body).item_id)).toEqual(itemIds);
    expect(hub.users).toHaveLength(1);
  });

  it('opens while the hub is away, and sends when it comes and when it comes back', async () => {
    await hub.stop();
    const sink = await openSink();
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining('ECONNREFUSED') });
    expect(error.message).toContain(`the IoT Edge hub at localhost:${hub.port} failed: `);
    expect(await failureOf(sink.check(never))).toMatchObject({ code: 'TELEMETRY_FAILED' });
    await hub.start();
    await sink.send(telemetryOf('item-1'), never);
    await hub.stop();
    await hub.start();
    await sink.send(telemetryOf('item-2'), never);
    await sink.check(never);
    expect(hub.received).toHaveLength(2);
  });

  it('keeps nothing back of what was rejected', async () => {
    const sink = await openSink();
    await sink.check(never);
    await hub.stop();
    await failureOf(sink.send(telemetryOf('item-1', 'item-2'), never));
    await hub.start();
    await sink.send(telemetryOf('item-3'), never);
    expect(hub.received.map(({ body }) => JSON.parse(body).item_id)).toEqual(['item-3']);
  });

  it('rejects when the connection breaks before the hub has acknowledged', async () => {
    const sink = await openSink();
    await sink.check(never);
    hub.fallSilent();
    const sent = failureOf(sink.send(telemetryOf('item-1'), never));
    const users = () => hub.users.length;
    // The kept connection may have been dead before: it is tried once more on a new one.
    hub.drop();
    await expect.poll(users).toBe(2);
    hub.drop();
    expect(await sent).toMatchObject({ code: 'TELEMETRY_FAILED' });
  });

  it('waits for an acknowledgement no longer than the timeout', async () => {
    const sink = await openSink({ timeout_ms: 300 });
    await sink.check(never);
    hub.fallSilent();
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error.code).toBe('TELEMETRY_FAILED');
    expect(error.message).toMatch(/^the IoT Edge hub at localhost:\d+ did not answer in 300 ms$/);
  });

  it('stops waiting at once when it is called off', async () => {
    const sink = await openSink();
    await sink.check(never);
    hub.fallSilent();
    const abort = new AbortController();
    const sent = sink.send(telemetryOf('item-1'), abort.signal);
    const reason = new Error('the station is stopped');
    setImmediate(() => abort.abort(reason));
    await expect(sent).rejects.toBe(reason);
  });

  it('rejects what is under way when it is closed, and everything after', async () => {
    const sink = await openSink();
    const sent = [failureOf(sink.send(telemetryOf('item-1'), never)), failureOf(sink.check(never))];
    await Promise.all([sink.close(), sink.close()]);
    for (const error of [...(await Promise.all(sent)), await failureOf(sink.check(never))]) {
      expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: 'the telemetry sink is closed' });
    }
  });

  it('takes another token before the one it has is over', async () => {
    const sink = await openSink({ token_lifetime_s: 2 });
    let sent = 0;
    await expect
      .poll(
        async () => {
          sent += 1;
          await sink.send(telemetryOf(`item-${sent}`), never);
          return hub.users.length;
        },
        { timeout: 20_000 },
      )
      .toBeGreaterThan(2);
    expect(hub.received).toHaveLength(sent);
    expect(hub.expired()).toBe(0);
  });

  it('refuses a message that is larger than a hub takes, before any of the others is sent', async () => {
    const sink = await openSink();
    const message = { item_id: ITEM, config: 'x'.repeat(262_144), decision: 'OK' as const };
    const large = { ...exampleTelemetry(ITEM), message };
    const error = await failureOf(sink.send([...telemetryOf('item-1'), large], never));
    expect(error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('above 256 KB') });
    expect(hub.received).toEqual([]);
  });

  it('is refused with another key, and the message does not tell it', async () => {
    const wrong = CONNECTION_STRING.replace(/Key=.*/, `Key=${Buffer.from('swordfish, another').toString('base64')}`);
    const sink = await openSink({}, moduleEnv({ EdgeHubConnectionString: wrong }));
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining('Not authorized') });
    expect(JSON.stringify([error.message, error.details])).not.toContain(wrong.slice(-12));
    expect(hub.users).toEqual([]);
  });

  it('trusts no certificate that comes from another authority', async () => {
    const sink = await openSink({}, moduleEnv({ EdgeModuleCACertificateFile: other.file }));
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining('self-signed') });
    expect(hub.users).toEqual([]);
  });

  it('trusts no certificate that is for another host', async () => {
    const elsewhere = await startHub(other);
    onTestFinished(() => elsewhere.stop());
    const sink = await openSink({ port: elsewhere.port }, moduleEnv({ EdgeModuleCACertificateFile: other.file }));
    const error = await failureOf(sink.send(telemetryOf('item-1'), never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining('localhost. is not in') });
    expect(elsewhere.users).toEqual([]);
  });

  it.each([
    [{ EdgeHubConnectionString: 'HostName=h;DeviceId=d;ModuleId=m' }, 'EdgeHubConnectionString has no SharedAccessKey'],
    [{ EdgeHubConnectionString: 'swordfish' }, 'EdgeHubConnectionString has no HostName'],
    [
      { EdgeHubConnectionString: CONNECTION_STRING.replace(/DeviceId=/, '$&line/') },
      'DeviceId of EdgeHubConnectionString cannot be used: an id with "+", "#" or "/" has no topic in MQTT',
    ],
    [
      { EdgeHubConnectionString: CONNECTION_STRING.replace(/ModuleId=/, '$&#') },
      'ModuleId of EdgeHubConnectionString cannot be used',
    ],
    [{ EdgeModuleCACertificateFile: '/nowhere/ca.pem' }, 'the file that EdgeModuleCACertificateFile names does not'],
  ])('says what is wrong with %j', async (change, sentence) => {
    const error = await failureOf((await openSink({}, moduleEnv(change))).check(never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining(sentence) });
    expect(error.message).not.toContain('nowhere');
  });

  it('opens without an identity, and says what to set when it has something to send', async () => {
    const sink = await openSink({}, {});
    const expected = { code: 'TELEMETRY_FAILED', message: expect.stringContaining('set EdgeHubConnectionString') };
    expect(await failureOf(sink.send(telemetryOf('item-1'), never))).toMatchObject(expected);
    await expect(sink.send([], never)).resolves.toBeUndefined();
  });

  it('takes its connection string from a file that the environment names', async () => {
    const file = `${await temporaryFolder()}/connection-string`;
    await writeFile(file, `${CONNECTION_STRING}\n`);
    const env = { EdgeHubConnectionString_FILE: file, EdgeModuleCACertificateFile: certificate.file };
    await (await openSink({}, env)).send(telemetryOf('item-1'), never);
    expect(hub.received).toHaveLength(1);
  });

  it.each(['port', 'socket'] as const)('has the IoT Edge runtime sign for it, on a %s', async (where) => {
    const workload = await startWorkload(hub, where);
    const sink = await openSink({}, workload.env);
    await sink.send(telemetryOf('item-1'), never);
    expect(hub.received).toHaveLength(1);
    expect(workload.asked).toEqual([
      'GET /trust-bundle?api-version=2019-01-30',
      'POST /modules/inspection/genid/637%20%2F%2081/sign?api-version=2019-01-30',
    ]);
  });

  it.each([
    ['answers nothing known', () => undefined, 'the IoT Edge workload API failed: it answered with 404'],
    ['answers with no JSON', () => '<html>', 'the IoT Edge workload API failed: its answer has another form'],
    ['answers with other JSON', () => ({ digest: 4 }), 'the IoT Edge workload API failed: its answer has another form'],
    ['answers without end', () => 'x'.repeat(2_000_000), 'the IoT Edge workload API failed: its answer is too long'],
    ['hangs', () => 'silence', 'did not answer in 500 ms'],
  ])('says that the IoT Edge runtime %s', async (_, answer, sentence) => {
    const { env } = await startWorkload(hub, 'port', answer);
    const error = await failureOf((await openSink({ timeout_ms: 500 }, env)).check(never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining(sentence) });
  });

  it.each([
    ['IOTEDGE_DEVICEID', '', 'IOTEDGE_DEVICEID is not set'],
    ['IOTEDGE_DEVICEID', 'press+7', 'IOTEDGE_DEVICEID cannot be used: an id with "+", "#" or "/" has no topic in MQTT'],
    ['IOTEDGE_MODULEID', 'line/inspection', 'IOTEDGE_MODULEID cannot be used'],
    ['IOTEDGE_WORKLOADURI', 'ftp://127.0.0.1', 'IOTEDGE_WORKLOADURI cannot be used'],
    ['IOTEDGE_WORKLOADURI', 'unix:///nowhere/workload.sock', 'the IoT Edge workload API failed'],
  ])('says what is wrong with %s=%s', async (name, value, sentence) => {
    const { env } = await startWorkload(hub, 'port');
    const error = await failureOf((await openSink({}, { ...env, [name]: value })).check(never));
    expect(error).toMatchObject({ code: 'TELEMETRY_FAILED', message: expect.stringContaining(sentence) });
  });

  it('says what to install where its package is absent', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      registerHooks({
        resolve(name, context, next) {
          if (name === 'mqtt') throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
          return next(name, context);
        },
      });
      const { azureIotHubTelemetrySink } = await import(process.argv[1]);
      await azureIotHubTelemetrySink.open({}, { env: {} }).catch((error) => console.log(error.code, error.message));`;
    const file = new URL('./azure-iot-hub-telemetry-sink.ts', import.meta.url).href;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, file]);
    expect(stdout).toMatch(/^CONFIG_INVALID the package mqtt is not installed: npm install mqtt/);
  });
});

import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { loadSdk } from '../../environment/sdk.ts';
import { defineTelemetrySink, type Telemetry } from '../../ports/telemetry-sink.ts';
import { type HubMessage, openHubSession } from './azure-iot-hub/hub-session.ts';
import { createSessions } from './connections/sessions.ts';
import { messageIdOf } from './message-id.ts';

/** What a hub takes as one message, its properties included. */
const MAX_MESSAGE_BYTES = 262_144;

/**
 * Sends a message for each item to an Azure IoT hub, as a module of IoT Edge: through the hub of the device, over MQTT
 * with TLS. A message that is sent again has the id that it had. One above 256 KB is `REFUSED`.
 */
export const azureIotHubTelemetrySink = defineTelemetrySink({
  type: 'azure_iot_hub',
  options: z
    .strictObject({
      port: z.int().min(1).max(65_535).default(8_883).meta({ title: 'Port', description: 'Of MQTT with TLS.' }),
      timeout_ms: z.int().min(1).max(3_600_000).default(10_000).meta({
        title: 'Timeout',
        description: 'Longest time that connecting, and each answer of the hub, may take, in milliseconds.',
      }),
      token_lifetime_s: z.int().min(2).max(86_400).default(3_600).meta({
        title: 'Life of a token',
        description: 'Seconds; a new one is signed, and the connection made anew, when three quarters of it are over.',
      }),
    })
    .meta({
      title: 'Telemetry into Azure IoT Hub',
      description:
        'Messages of a module of IoT Edge. A container that the IoT Edge runtime starts has all that is needed in its ' +
        'environment (IOTEDGE_*). Elsewhere EdgeHubConnectionString (or EdgeHubConnectionString_FILE) says where and ' +
        'who: HostName, GatewayHostName, DeviceId, ModuleId, SharedAccessKey; and EdgeModuleCACertificateFile names ' +
        'the certificate of the authority.',
    }),
  async open({ port, timeout_ms, token_lifetime_s }, { env }) {
    const { default: mqtt } = await loadSdk('mqtt', () => import('mqtt'));
    // One, as a hub ends the older of two connections of the same module.
    const sessions = createSessions({
      size: 1,
      open: (signal) => {
        const options = { env, port, timeoutMs: timeout_ms, tokenLifetimeS: token_lifetime_s };
        return openHubSession(mqtt, options, signal);
      },
      idleMs: (session) => session.renewalIn(),
      isHarmless: () => false,
    });
    return {
      async send(telemetry, signal) {
        signal.throwIfAborted();
        const messages = telemetry.map(hubMessageOf);
        if (messages.length > 0) await sessions.use(signal, (session, either) => session.publish(messages, either));
      },
      async check(signal) {
        await sessions.use(signal, (session, either) => session.ping(either));
      },
      close: () => sessions.close(),
    };
  },
});

/** Rejects with `REFUSED` when no hub would take it. */
function hubMessageOf({ message: { item_id, config, decision } }: Telemetry): HubMessage {
  const properties = `$.mid=${messageIdOf(item_id)}&$.ct=application%2Fjson&$.ce=utf-8`;
  const body = JSON.stringify({ item_id, config, decision });
  if (properties.length + Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
    throw new AppError('REFUSED', 'the telemetry of an item is above 256 KB, which is more than an IoT hub takes');
  }
  return { properties, body };
}

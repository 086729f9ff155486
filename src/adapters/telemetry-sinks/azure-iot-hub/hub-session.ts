import type mqtt from 'mqtt';
import { AppError } from '../../../domain/errors.ts';
import type { Session } from '../connections/sessions.ts';
import { within } from '../connections/within.ts';
import { type ModuleIdentity, moduleIdentityOf } from './module-identity.ts';
import { linkOver } from './mqtt-link.ts';
import { newSasToken } from './sas-token.ts';

/** The version of the hub's interface that the device speaks. */
const API_VERSION = '2021-04-12';

/** How many messages are on their way before their acknowledgements are waited for. */
const WINDOW = 100;

/** The part of a token's life after which another takes its place. */
const RENEWED_AFTER = 0.75;

/** A message as it goes over the wire. */
export interface HubMessage {
  /** What comes behind the module's address: `$.mid=…&…`. */
  readonly properties: string;
  readonly body: string;
}

/** One connection to a hub. */
export interface HubSession extends Session {
  /**
   * Resolves when the hub has acknowledged all of them, in this order. Rejects with `TELEMETRY_FAILED` or with the
   * signal's reason; it is then not known what the hub has, and the session must be ended.
   */
  publish(messages: readonly HubMessage[], signal: AbortSignal): Promise<void>;
  /** Resolves when the hub answers a ping; rejects as `publish` does. */
  ping(signal: AbortSignal): Promise<void>;
  /** Milliseconds until the connection should be made anew with another token. */
  renewalIn(): number;
}

export interface HubSessionOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  /** For connecting, with all that belongs to it, and for each wait for the hub. */
  readonly timeoutMs: number;
  readonly tokenLifetimeS: number;
}

/** Connects. Rejects as `publish` does. */
export async function openHubSession(
  library: Pick<typeof mqtt, 'connect'>,
  { env, port, timeoutMs, tokenLifetimeS }: HubSessionOptions,
  signal: AbortSignal,
): Promise<HubSession> {
  const identity = await moduleIdentityOf(env);
  const place = `the IoT Edge hub at ${identity.gateway}:${port}`;
  const late = () => new AppError('TELEMETRY_FAILED', `${place} did not answer in ${timeoutMs} ms`);
  // Ends what is under way, be it a signature or a handshake, when the time for all of it is over.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(late()), timeoutMs);
  const either = AbortSignal.any([signal, timeout.signal]);
  try {
    const ca = await identity.authorities(either);
    const token = await newSasToken(identity, tokenLifetimeS, either);
    const renewAt = Date.now() + (token.expiresAt - Date.now()) * RENEWED_AFTER;
    const address = addressOf(identity, port);
    const client = library.connect({ ...address, password: token.password, ...(ca === undefined ? {} : { ca }) });
    const link = linkOver(client, place);
    try {
      await within(link.connected(), { timeoutMs, signal: either, late });
    } catch (error) {
      link.end();
      throw error;
    }
    const topic = topicOf(identity);
    return {
      ...link,
      async publish(messages, abort) {
        for (let first = 0; first < messages.length; first += WINDOW) {
          const some = messages.slice(first, first + WINDOW);
          const sent = some.map(({ properties, body }) => link.publish(`${topic}${properties}`, body));
          await within(Promise.all(sent), { timeoutMs, signal: abort, late });
        }
      },
      ping: (abort) => within(link.ping(), { timeoutMs, signal: abort, late }),
      renewalIn: () => Math.max(0, renewAt - Date.now()),
    };
  } finally {
    clearTimeout(timer);
  }
}

function topicOf({ device, module }: ModuleIdentity): string {
  return `devices/${device}/modules/${module}/messages/events/`;
}

function addressOf({ hub, gateway, device, module }: ModuleIdentity, port: number): mqtt.IClientOptions {
  return {
    protocol: 'mqtts',
    host: gateway,
    port,
    protocolVersion: 4,
    clientId: `${device}/${module}`,
    username: `${hub}/${device}/${module}/?api-version=${API_VERSION}`,
    clean: false,
    // A lost connection is made anew when there is something to send: only then is a fresh token signed.
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
  };
}

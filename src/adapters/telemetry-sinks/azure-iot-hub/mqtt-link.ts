import type { MqttClient } from 'mqtt';
import { AppError } from '../../../domain/errors.ts';
import { reasonOf } from '../connections/reason-of.ts';
import type { Session } from '../connections/sessions.ts';
import { within } from '../connections/within.ts';

/** How long a broker may take to say goodbye, in milliseconds. */
const GOODBYE_MS = 1_000;

const never = new AbortController().signal;

/**
 * One connection of the library, which is never made anew: what breaks it rejects whatever waits, with
 * `TELEMETRY_FAILED`. Waits have no end of their own.
 */
export interface MqttLink extends Session {
  /** Resolves when the broker has taken the name and the password. */
  connected(): Promise<void>;
  /** Resolves when the broker has acknowledged the message. */
  publish(topic: string, body: string): Promise<void>;
  /** Resolves when the broker answers. */
  ping(): Promise<void>;
}

/** `place` is what messages call the broker. */
export function linkOver(client: MqttClient, place: string): MqttLink {
  const waiting = new Set<(error: AppError) => void>();
  let broken: AppError | undefined;
  let ended = false;

  const onBroken = (error: Error) => {
    broken ??= new AppError('TELEMETRY_FAILED', `${place} failed: ${reasonOf(error)}`, { cause: error });
    for (const reject of waiting) reject(broken);
  };
  // Never taken off: errors may follow the one that broke it, and one without a listener would end the process.
  client.on('error', onBroken);
  client.on('close', () => onBroken(new Error('the connection was closed')));

  async function unlessBroken(begin: (resolve: () => void, reject: (error: Error) => void) => void): Promise<void> {
    if (broken !== undefined) throw broken;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.add(reject);
    try {
      begin(resolve, reject);
      await promise;
    } finally {
      waiting.delete(reject);
    }
  }

  function end(): void {
    ended = true;
    client.end(true);
  }

  return {
    connected: () => unlessBroken((resolve) => client.once('connect', () => resolve())),
    publish: (topic, body) =>
      unlessBroken((resolve) => {
        client.publish(topic, body, { qos: 1 }, (error) => (error instanceof Error ? onBroken(error) : resolve()));
      }),
    async ping() {
      let onPacket: ((packet: { readonly cmd: string }) => void) | undefined;
      try {
        await unlessBroken((resolve) => {
          onPacket = ({ cmd }) => {
            if (cmd === 'pingresp') resolve();
          };
          client.on('packetreceive', onPacket);
          client.sendPing();
        });
      } finally {
        if (onPacket !== undefined) client.off('packetreceive', onPacket);
      }
    },
    lost: () => broken !== undefined && !ended,
    end,
    async leave() {
      ended = true;
      const late = () => new Error('no goodbye');
      await within(client.endAsync(), { timeoutMs: GOODBYE_MS, signal: never, late }).catch(end);
    },
  };
}

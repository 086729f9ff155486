import { type Courier, type CourierOptions, createCourier } from '../application/courier.ts';
import { binaryTarget, metadataTarget, telemetryTarget } from '../application/delivery-targets.ts';
import type { Destination } from '../domain/delivery.ts';
import type { Log } from '../ports/context.ts';
import type { EdgeConfig } from './edge-config.ts';
import type { OpenPorts } from './open-ports.ts';

/** How far the deliveries to one destination are. */
export interface DeliveryStatus {
  readonly destination: Destination;
  /** Its `type` in `edge.json`. */
  readonly type: string;
  readonly waiting: number;
  /** ISO 8601, when the oldest piece that waits came to wait; null when none waits. */
  readonly oldest_at: string | null;
  readonly oldest_age_s: number | null;
  readonly set_aside: number;
  /** Why the last attempt failed; null when it did not. */
  readonly failure: string | null;
  /** ISO 8601; null while the destination works. */
  readonly next_attempt_at: string | null;
}

/** What carries finished items to where they go beyond the disk of the station. */
export interface Delivery {
  /** Begins to deliver what waits. */
  start(): void;
  /** Hears of one more item. */
  wake(): void;
  status(): Promise<readonly DeliveryStatus[]>;
  close(): Promise<void>;
}

/** Longest time one item, or one batch of messages, may be under way. */
const TIMEOUT_MS = 120_000;

/** `whenQuiet` resolves when no item is being inspected. */
export function createDelivery(
  ports: OpenPorts,
  edge: EdgeConfig,
  whenQuiet: CourierOptions['whenQuiet'],
  log: Log,
): Delivery {
  const { binaryStorage, remoteBinaryStorage, remoteMetadataStorage, telemetrySink, destinations } = ports;
  const { outbox } = ports.journal;
  const targets = [
    ...(remoteBinaryStorage === null
      ? []
      : [binaryTarget(edge.binary_storage.type, binaryStorage, remoteBinaryStorage)]),
    ...(remoteMetadataStorage === null ? [] : [metadataTarget(edge.metadata_storage.type, remoteMetadataStorage)]),
    ...(destinations.includes('telemetry_sink') ? [telemetryTarget(edge.telemetry_sink.type, telemetrySink)] : []),
  ];
  const { max_per_second: maxPerSecond, max_pause_s } = edge.delivery;
  const couriers = targets.map((target) =>
    createCourier({
      outbox,
      target,
      maxPerSecond,
      whenQuiet,
      maxPauseMs: 1_000 * max_pause_s,
      timeoutMs: TIMEOUT_MS,
      log,
    }),
  );

  const statusOf = (courier: Courier, backlogs: Awaited<ReturnType<typeof outbox.backlogs>>): DeliveryStatus => {
    const { destination, type } = courier;
    const backlog = backlogs.find((candidate) => candidate.destination === destination);
    const oldestMs = backlog?.oldestMs ?? null;
    return {
      destination,
      type,
      waiting: backlog?.waiting ?? 0,
      oldest_at: timeOf(oldestMs),
      oldest_age_s: oldestMs === null ? null : Math.max(0, Math.round((Date.now() - oldestMs) / 1_000)),
      set_aside: backlog?.setAside ?? 0,
      failure: courier.failure(),
      next_attempt_at: timeOf(courier.nextAttemptMs()),
    };
  };

  return {
    start() {
      for (const courier of couriers) courier.start();
    },
    wake() {
      for (const courier of couriers) courier.wake();
    },
    async status() {
      if (couriers.length === 0) return [];
      const backlogs = await outbox.backlogs();
      return couriers.map((courier) => statusOf(courier, backlogs));
    },
    async close() {
      await Promise.all(couriers.map((courier) => courier.close()));
    },
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

import { AppError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import type { TelemetrySink } from '../ports/telemetry-sink.ts';
import type { DeliveryTarget } from './courier.ts';

/** Objects have names of their own, so that their order does not matter: several go at once. */
const OBJECTS_AT_ONCE = 8;
const MESSAGES_AT_ONCE = 100;

/** Pictures go from the disk of the station to a remote storage. */
export function binaryTarget(type: string, local: BinaryStorage, remote: BinaryStorage): DeliveryTarget {
  const copy = async ({ id, station_config, binaries }: Item, signal: AbortSignal): Promise<void> => {
    for (const name of binaries) {
      const key = { config: station_config, itemId: id, name };
      const bytes = await local.get(key, signal);
      if (bytes === undefined) throw new AppError('REFUSED', `${name} is gone from the disk of the station`);
      await remote.put(key, bytes, signal);
    }
  };
  return {
    destination: 'binary_storage',
    type,
    batch: 1,
    parallel: OBJECTS_AT_ONCE,
    async deliver(items, signal) {
      for (const item of items) await copy(item, signal);
    },
    check: (signal) => remote.check(signal),
  };
}

export function metadataTarget(type: string, remote: MetadataStorage): DeliveryTarget {
  return {
    destination: 'metadata_storage',
    type,
    batch: 1,
    parallel: OBJECTS_AT_ONCE,
    async deliver(items, signal) {
      for (const item of items) await remote.put(item, signal);
    },
    check: (signal) => remote.check(signal),
  };
}

/** Decisions are told in the order in which they were made. */
export function telemetryTarget(type: string, sink: TelemetrySink): DeliveryTarget {
  return {
    destination: 'telemetry_sink',
    type,
    batch: MESSAGES_AT_ONCE,
    parallel: 1,
    async deliver(items, signal) {
      const telemetry = items.flatMap(({ id, station_config, decision, received_at }) => {
        if (decision === null) return [];
        const message = { item_id: id, config: station_config, decision };
        return [{ message, receivedAt: new Date(received_at) }];
      });
      await sink.send(telemetry, signal);
    },
    check: (signal) => sink.check(signal),
  };
}

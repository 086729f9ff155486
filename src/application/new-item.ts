import type { Item } from '../domain/item.ts';
import { localTime, zonedTime } from './received-time.ts';
import type { Station, StationModel } from './station.ts';

/** What a trigger says of the part before the cameras. */
export interface Part {
  readonly serialNumber: string | null;
  readonly category: string | null;
  /** Who sends the same key again gets the same item; null: every trigger is another part. */
  readonly idempotencyKey: string | null;
}

export const NOBODY_SAID: Part = { serialNumber: null, category: null, idempotencyKey: null };

/** The item of a part that is triggered now. */
export function newItem(id: string, station: Station, { serialNumber, category, idempotencyKey }: Part): Item {
  const now = new Date();
  return {
    id,
    serial_number: serialNumber,
    category,
    idempotency_key: idempotencyKey,
    station_config: station.configName,
    cameras: Object.fromEntries(station.cameras.map((camera) => [camera.id, camera.metadata])),
    received_time: localTime(now),
    received_at: zonedTime(now),
    inferences: {},
    camera_decisions: {},
    decision: null,
    state: 'Capture',
    error: null,
    late: false,
    near_threshold: false,
    stored_bytes: 0,
    warnings: [],
    binaries: [],
    timings_ms: {},
    config_digest: station.configDigest,
    models: modelRecords(station),
  };
}

/** The models that judge an item of this station, with the digests of their files. */
export function modelRecords({ cameras }: Station): Item['models'] {
  return Object.fromEntries(cameras.flatMap(({ models }) => models.map(recordOf)));
}

function recordOf({ model, loaded }: StationModel): [string, Item['models'][string]] {
  return [model.name, { name: model.name, version: model.version, digest: loaded.digest }];
}

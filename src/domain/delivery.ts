import type { Item } from './item.ts';

/** Where an item can go beyond the station's own disk, by the port that leads there. */
export const DESTINATIONS = ['binary_storage', 'metadata_storage', 'telemetry_sink'] as const;
export type Destination = (typeof DESTINATIONS)[number];

export const DELIVERY_STATES = ['waiting', 'delivered', 'set_aside'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What became of an item on its way to one destination. */
export interface Delivery {
  readonly destination: Destination;
  /** `set_aside`: the destination refused it for good, and somebody has to look at it. */
  readonly state: DeliveryState;
  /** Attempts that failed. */
  readonly attempts: number;
  /** ISO 8601 with zone, when it was delivered; null before. */
  readonly delivered_at: string | null;
  /** Why the last attempt failed; null when none did. */
  readonly error: string | null;
}

/** Whether a finished item has anything for a destination: pictures, its record, or a decision to tell. */
export function isFor(destination: Destination, { binaries, decision }: Item): boolean {
  switch (destination) {
    case 'binary_storage':
      return binaries.length > 0;
    case 'metadata_storage':
      return true;
    case 'telemetry_sink':
      return decision !== null;
  }
}

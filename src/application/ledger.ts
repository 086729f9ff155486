import type { DeliveryState, Destination } from '../domain/delivery.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import type { JournaledItem, StoredItems } from '../ports/journal.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';

/** What of an item is not where it should be. */
export interface LedgerGap {
  readonly item_id: string;
  /** `decision`: not decided yet; `pictures`, `record`: not on the disk of the station; or where it is not delivered. */
  readonly what: 'decision' | 'pictures' | 'record' | Destination;
  /** One sentence. */
  readonly why: string;
}

/** How many items were delivered to a destination. */
export interface DeliveryCount {
  readonly destination: Destination;
  readonly delivered: number;
  readonly waiting: number;
  readonly set_aside: number;
  /** Decided when the station did not deliver there, or given up by somebody. */
  readonly not_due: number;
}

/** The books of a station: triggers accepted = items decided = items stored = telemetry delivered. */
export interface Ledger {
  /** Whether the counts are equal and nothing is missing. */
  readonly closed: boolean;
  readonly accepted: number;
  readonly decided: number;
  readonly stored: number;
  readonly deliveries: readonly DeliveryCount[];
  /** Pictures that were sent to be kept, not inspected; in none of the counts above. */
  readonly uploads: number;
  /** Items that retention has removed; they stay in the counts above. */
  readonly removed: number;
  readonly missing_count: number;
  /** The oldest first, at most a thousand. */
  readonly missing: readonly LedgerGap[];
  /** Ids of stored items that the journal does not know, at most a thousand; `reindex` takes them in. */
  readonly unknown: readonly string[];
}

export interface LedgerPorts {
  readonly stored: StoredItems;
  readonly binaryStorage: BinaryStorage;
  readonly metadataStorage: MetadataStorage;
  readonly destinations: readonly Destination[];
}

const PAGE = 500;
const MOST_LISTED = 1_000;

/**
 * Adds up the books from what is really there: every item of the journal is looked up in the storages of the station,
 * and every stored item in the journal. `onProgress` hears how many items were looked at,
 * of how many.
 */
export async function ledgerOf(
  { stored, binaryStorage, metadataStorage, destinations }: LedgerPorts,
  signal: AbortSignal,
  onProgress: (items: number, total: number) => void = () => undefined,
): Promise<Ledger> {
  const missing: LedgerGap[] = [];
  const known = new Set<string>();
  const counts = { accepted: 0, decided: 0, stored: 0, uploads: 0, missing: 0 };
  const delivered = new Map<Destination, Record<DeliveryState | 'not_due', number>>(
    destinations.map((name) => [name, { delivered: 0, waiting: 0, set_aside: 0, not_due: 0 }]),
  );

  const gap = (item_id: string, what: LedgerGap['what'], why: string): void => {
    counts.missing += 1;
    if (missing.length < MOST_LISTED) missing.push({ item_id, what, why });
  };

  const isStored = async (item: JournaledItem): Promise<boolean> => {
    const { id, stationConfig, binaries } = item;
    const record = await metadataStorage.get({ config: stationConfig, itemId: id }, signal).catch(() => undefined);
    if (record === undefined) gap(id, 'record', 'its record is not in the metadata storage, or cannot be read');
    else if (record.decision !== item.decision) gap(id, 'record', `the record says ${record.decision}`);
    const files = new Map((await binaryStorage.list(stationConfig, id, signal)).map((file) => [file.name, file.bytes]));
    const absent = binaries.filter((name) => !files.has(name));
    if (absent.length > 0) gap(id, 'pictures', `${absent.join(', ')} is not in the binary storage`);
    return record?.decision === item.decision && absent.length === 0;
  };

  const countDeliveries = ({ id, binaries, decision, deliveries }: JournaledItem): void => {
    for (const [destination, count] of delivered) {
      const state = deliveries.find((delivery) => delivery.destination === destination)?.state;
      const hasNothing =
        destination === 'telemetry_sink' ? decision === null : destination === 'binary_storage' && !binaries.length;
      if (state === undefined && hasNothing) continue;
      count[state ?? 'not_due'] += 1;
      if (state === 'waiting') gap(id, destination, 'it waits to be delivered');
      if (state === 'set_aside') gap(id, destination, 'its delivery is set aside: see the dead letters');
    }
  };

  const look = async (item: JournaledItem): Promise<void> => {
    known.add(item.id);
    if (item.state !== 'Done') {
      counts.accepted += 1;
      return gap(item.id, 'decision', `it is in step "${item.state}"`);
    }
    const isUpload = item.decision === null;
    if (isUpload) counts.uploads += 1;
    else {
      counts.accepted += 1;
      counts.decided += 1;
    }
    if ((await isStored(item)) && !isUpload) counts.stored += 1;
    countDeliveries(item);
  };

  const total = await stored.count();
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await stored.walk(after, PAGE);
    await Promise.all(page.map(look));
    onProgress(known.size, total);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.place;
  }

  const removed = await stored.removed();
  const unknown: string[] = [];
  for await (const { itemId } of metadataStorage.iterate(signal)) {
    if (known.has(itemId) || unknown.length >= MOST_LISTED) continue;
    // it may have come, or been removed, since the journal was read
    if (!(await stored.has(itemId))) unknown.push(itemId);
  }
  return {
    closed: counts.missing === 0 && unknown.length === 0,
    accepted: counts.accepted + removed.triggers,
    decided: counts.decided + removed.triggers,
    stored: counts.stored + removed.triggers,
    deliveries: [...delivered].map(([destination, count]) => ({
      destination,
      ...count,
      delivered: count.delivered + (removed.delivered[destination] ?? 0),
    })),
    uploads: counts.uploads + removed.uploads,
    removed: removed.triggers + removed.uploads,
    missing_count: counts.missing,
    missing,
    unknown,
  };
}

import { withDeadline } from '../application/deadline.ts';
import type { ItemRecords } from '../application/item-records.ts';
import { mediaTypeOfName } from '../domain/image.ts';
import type { Item } from '../domain/item.ts';
import type { Storages } from './open-storages.ts';
import type { ItemDelivery, Orchestrator, StoredImage } from './orchestrator.ts';

const READ_TIMEOUT_MS = 30_000;

/** Reads items wherever they are: under way, on the disk of the station, or, once they were removed there, at the remote storage. */
export function createItemReader(records: ItemRecords, storages: Storages, signal: AbortSignal): Orchestrator['items'] {
  const { journal, binaryStorage, remoteBinaryStorage, remoteMetadataStorage } = storages;

  const findElsewhere = async (id: string): Promise<Item | undefined> => {
    if (remoteMetadataStorage === null) return undefined;
    const config = await journal.stored.configOfRemoved(id);
    if (config === undefined) return undefined;
    return await withDeadline(READ_TIMEOUT_MS, 'reading the item', signal, (limit) =>
      remoteMetadataStorage.get({ config, itemId: id }, limit),
    );
  };
  const find = async (id: string): Promise<Item | undefined> => (await records.find(id)) ?? (await findElsewhere(id));

  return {
    find,
    list: records.list,
    async binary(id, cameraId): Promise<StoredImage | undefined> {
      const item = await find(id);
      const name = item?.binaries.find((binary) => binary.slice(0, binary.lastIndexOf('.')) === cameraId);
      if (item === undefined || name === undefined) return undefined;
      const key = { config: item.station_config, itemId: item.id, name };
      const bytes = await withDeadline(
        READ_TIMEOUT_MS,
        `reading ${name}`,
        signal,
        async (limit) => (await binaryStorage.get(key, limit)) ?? (await remoteBinaryStorage?.get(key, limit)),
      );
      return bytes === undefined ? undefined : { name, mediaType: mediaTypeOfName(name), bytes };
    },
    async delivery(id): Promise<ItemDelivery | undefined> {
      const isHere = (await records.find(id)) !== undefined;
      if (!isHere && (await journal.stored.configOfRemoved(id)) === undefined) return undefined;
      return { item_id: id, on_station: isHere, deliveries: await journal.outbox.of(id) };
    },
  };
}

import { type Bucket, keyOfName, nameOfKey, nameToWrite, prefixOf } from '../../buckets/bucket.ts';
import { METADATA_FILE } from '../../disk/item-folders.ts';
import type { MetadataStorage } from '../../ports/metadata-storage.ts';
import { itemOfJson, jsonOfItem } from './item-json.ts';

/** The records of one station in a bucket, whichever store that is. Closing it closes the bucket. */
export function metadataInBucket(bucket: Bucket, edgeName: string): MetadataStorage {
  return {
    capacity: null,
    async put(item, signal) {
      const name = nameToWrite(edgeName, { config: item.station_config, itemId: item.id, name: METADATA_FILE });
      await bucket.put(name, jsonOfItem(item), 'application/json', signal);
    },
    async get(key, signal) {
      const name = nameOfKey(edgeName, { ...key, name: METADATA_FILE });
      const bytes = name === undefined ? undefined : await bucket.get(name, signal);
      return bytes === undefined ? undefined : itemOfJson(bytes, key.itemId);
    },
    async delete(key, signal) {
      const name = nameOfKey(edgeName, { ...key, name: METADATA_FILE });
      if (name !== undefined) await bucket.delete(name, signal);
    },
    async *iterate(signal) {
      for await (const { name } of bucket.iterate(prefixOf(edgeName), signal)) {
        const key = keyOfName(edgeName, name);
        if (key?.name === METADATA_FILE) yield { config: key.config, itemId: key.itemId };
      }
    },
    check: bucket.check,
    close: bucket.close,
  };
}

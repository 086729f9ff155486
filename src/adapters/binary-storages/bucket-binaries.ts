import { type Bucket, keyOfName, nameOfKey, nameToWrite, prefixOf } from '../../buckets/bucket.ts';
import { METADATA_FILE } from '../../disk/item-folders.ts';
import { mediaTypeOfName } from '../../domain/image.ts';
import type { BinaryStorage, StoredBinary } from '../../ports/binary-storage.ts';

/** The pictures of one station in a bucket, whichever store that is. Closing it closes the bucket. */
export function binariesInBucket(bucket: Bucket, edgeName: string): BinaryStorage {
  return {
    async put(key, bytes, signal) {
      await bucket.put(nameToWrite(edgeName, key), bytes, mediaTypeOfName(key.name), signal);
    },
    async get(key, signal) {
      const name = nameOfKey(edgeName, key);
      return name === undefined ? undefined : await bucket.get(name, signal);
    },
    async delete(key, signal) {
      const name = nameOfKey(edgeName, key);
      if (name !== undefined) await bucket.delete(name, signal);
    },
    async list(config, itemId, signal) {
      const prefix = nameOfKey(edgeName, { config, itemId, name: METADATA_FILE })?.slice(0, -METADATA_FILE.length);
      const found: StoredBinary[] = [];
      if (prefix === undefined) return found;
      for await (const { name, bytes } of bucket.iterate(prefix, signal)) {
        const key = keyOfName(edgeName, name);
        if (key !== undefined && key.name !== METADATA_FILE) found.push({ name: key.name, bytes });
      }
      return found;
    },
    async *iterate(signal) {
      for await (const { name } of bucket.iterate(prefixOf(edgeName), signal)) {
        const key = keyOfName(edgeName, name);
        if (key !== undefined && key.name !== METADATA_FILE) yield key;
      }
    },
    check: bucket.check,
    close: bucket.close,
  };
}

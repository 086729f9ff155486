import { GcpBucketOptions, openGcpBucket } from '../../buckets/gcp-bucket.ts';
import { defineBinaryStorage } from '../../ports/binary-storage.ts';
import { binariesInBucket } from './bucket-binaries.ts';

export const gcpBucketBinaryStorage = defineBinaryStorage({
  type: 'gcp_bucket',
  remote: true,
  options: GcpBucketOptions,
  async open(options, context) {
    return binariesInBucket(await openGcpBucket(options, context), context.edgeName);
  },
});

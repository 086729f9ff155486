import { GcpBucketOptions, openGcpBucket } from '../../buckets/gcp-bucket.ts';
import { defineMetadataStorage } from '../../ports/metadata-storage.ts';
import { metadataInBucket } from './bucket-metadata.ts';

export const gcpBucketMetadataStorage = defineMetadataStorage({
  type: 'gcp_bucket',
  remote: true,
  options: GcpBucketOptions,
  async open(options, context) {
    return metadataInBucket(await openGcpBucket(options, context), context.edgeName);
  },
});

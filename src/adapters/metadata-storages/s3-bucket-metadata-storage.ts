import { openS3Bucket, S3BucketOptions } from '../../buckets/s3-bucket.ts';
import { defineMetadataStorage } from '../../ports/metadata-storage.ts';
import { metadataInBucket } from './bucket-metadata.ts';

export const s3BucketMetadataStorage = defineMetadataStorage({
  type: 's3_bucket',
  remote: true,
  options: S3BucketOptions,
  async open(options, context) {
    return metadataInBucket(await openS3Bucket(options, context), context.edgeName);
  },
});

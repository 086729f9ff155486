import { openS3Bucket, S3BucketOptions } from '../../buckets/s3-bucket.ts';
import { defineBinaryStorage } from '../../ports/binary-storage.ts';
import { binariesInBucket } from './bucket-binaries.ts';

export const s3BucketBinaryStorage = defineBinaryStorage({
  type: 's3_bucket',
  remote: true,
  options: S3BucketOptions,
  async open(options, context) {
    return binariesInBucket(await openS3Bucket(options, context), context.edgeName);
  },
});

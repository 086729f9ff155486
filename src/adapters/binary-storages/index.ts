import { azureContainerBinaryStorage } from './azure-container-binary-storage.ts';
import { filesystemBinaryStorage } from './filesystem-binary-storage.ts';
import { gcpBucketBinaryStorage } from './gcp-bucket-binary-storage.ts';
import { memoryBinaryStorage } from './memory-binary-storage.ts';
import { s3BucketBinaryStorage } from './s3-bucket-binary-storage.ts';

/** Register a binary storage here. */
export const binaryStorages = [
  filesystemBinaryStorage,
  memoryBinaryStorage,
  s3BucketBinaryStorage,
  azureContainerBinaryStorage,
  gcpBucketBinaryStorage,
] as const;

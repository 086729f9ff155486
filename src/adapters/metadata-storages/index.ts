import { azureContainerMetadataStorage } from './azure-container-metadata-storage.ts';
import { filesystemMetadataStorage } from './filesystem-metadata-storage.ts';
import { gcpBucketMetadataStorage } from './gcp-bucket-metadata-storage.ts';
import { memoryMetadataStorage } from './memory-metadata-storage.ts';
import { mongodbMetadataStorage } from './mongodb-metadata-storage.ts';
import { s3BucketMetadataStorage } from './s3-bucket-metadata-storage.ts';

/** Register a metadata storage here. */
export const metadataStorages = [
  filesystemMetadataStorage,
  memoryMetadataStorage,
  s3BucketMetadataStorage,
  azureContainerMetadataStorage,
  gcpBucketMetadataStorage,
  mongodbMetadataStorage,
] as const;

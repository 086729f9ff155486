import { filesystemMetadataStorage } from './filesystem-metadata-storage.ts';
import { memoryMetadataStorage } from './memory-metadata-storage.ts';
import { mongodbMetadataStorage } from './mongodb-metadata-storage.ts';
import { s3BucketMetadataStorage } from './s3-bucket-metadata-storage.ts';

/** Register a metadata storage here. */
export const metadataStorages = [
  filesystemMetadataStorage,
  memoryMetadataStorage,
  mongodbMetadataStorage,
  s3BucketMetadataStorage,
] as const;

import { filesystemMetadataStorage } from './filesystem-metadata-storage.ts';
import { memoryMetadataStorage } from './memory-metadata-storage.ts';

/** Register a metadata storage here. */
export const metadataStorages = [filesystemMetadataStorage, memoryMetadataStorage] as const;

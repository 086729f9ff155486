import { filesystemBinaryStorage } from './filesystem-binary-storage.ts';
import { memoryBinaryStorage } from './memory-binary-storage.ts';

/** Register a binary storage here. */
export const binaryStorages = [filesystemBinaryStorage, memoryBinaryStorage] as const;

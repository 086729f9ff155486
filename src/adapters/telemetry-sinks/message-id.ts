import { createHash } from 'node:crypto';

/** What the ids of this product are counted under; never changed, or a message that is sent again has another id. */
const NAMESPACE = Buffer.from('5d9f1c52a6c84c0f9a0e1d7b3f64c2e8', 'hex');

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of an item's message, always the same: the item's own where that is a UUID, else one made of it (version 5). */
export function messageIdOf(itemId: string): string {
  if (UUID.test(itemId)) return itemId.toLowerCase();
  const bytes = createHash('sha1').update(NAMESPACE).update(itemId).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

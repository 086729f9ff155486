import { describe, expect, it } from 'vitest';
import type { Inventory } from './inventory.ts';

/** What every inventory promises. `open` gives one that holds `text`, or none at all for undefined. */
export function inventoryContract(open: (text: string | undefined) => Promise<Inventory>): void {
  describe('as an inventory', () => {
    it('gives the text exactly as someone wrote it', async () => {
      const text = '{\r\n  // a comment\r\n  "models": {},\r\n}\r\n';
      const document = await (await open(text)).read();
      expect(document).toMatchObject({ text, problem: undefined });
      expect(document.file).not.toMatch(/^\/|\\/);
    });

    it('says so when there is none, instead of rejecting', async () => {
      const document = await (await open(undefined)).read();
      expect(document).toMatchObject({ text: '', problem: expect.stringContaining('does not exist') });
    });
  });
}

import { vi } from 'vitest';

/** Looks again and again until nothing is thrown; patient, as a machine may have much else to do. */
export async function eventually(look: () => unknown): Promise<void> {
  await vi.waitFor(look, { timeout: 40_000, interval: 50 });
}

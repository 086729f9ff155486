import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AdapterContext, Log } from './context.ts';

/** A log that nobody reads. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A new folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-orchestrator-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What an adapter is opened with that keeps nothing on disk. */
export const rootless: AdapterContext = { root: '/', edgeName: 'edge-1', env: {}, log: silentLog };

/** What an adapter is opened with, over a new edge root that is removed when the test ends. */
export async function testContext(change: Partial<AdapterContext> = {}): Promise<AdapterContext> {
  return { ...rootless, root: await temporaryFolder(), ...change };
}

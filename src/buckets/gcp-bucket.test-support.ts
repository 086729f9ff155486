import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { rootless } from '../ports/context.test-support.ts';
import type { Bucket } from './bucket.ts';
import { GcpBucketOptions, openGcpBucket } from './gcp-bucket.ts';

/** A bucket that is closed when the test ends. */
export async function openOn(
  options: z.input<typeof GcpBucketOptions>,
  env: Readonly<Record<string, string>> = {},
): Promise<Bucket> {
  const bucket = await openGcpBucket(GcpBucketOptions.parse(options), { ...rootless, env });
  onTestFinished(() => bucket.close());
  return bucket;
}

/** The error of the protocol. */
export function jsonError(status: number, reason: string, message = 'No.'): string {
  return JSON.stringify({ error: { code: status, message, errors: [{ domain: 'global', reason, message }] } });
}

import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { rootless } from '../ports/context.test-support.ts';
import { alwaysAnswer } from '../testing/network.test-support.ts';
import type { Bucket } from './bucket.ts';
import { openS3Bucket, S3BucketOptions } from './s3-bucket.ts';

export const credentials = { AWS_ACCESS_KEY_ID: 'key-of-the-station', AWS_SECRET_ACCESS_KEY: 'secret-of-the-station' };

/** A bucket that is closed when the test ends. */
export async function openOn(
  options: Omit<z.input<typeof S3BucketOptions>, 'bucket'>,
  { bucket = 'inspections', env = credentials as Readonly<Record<string, string>> } = {},
): Promise<Bucket> {
  const opened = await openS3Bucket(S3BucketOptions.parse({ bucket, ...options }), { ...rootless, env });
  onTestFinished(() => opened.close());
  return opened;
}

/** A bucket of a store that answers everything in the same way. */
export async function openOnAnswer(status: number, body: string): Promise<Bucket> {
  const { endpoint } = await alwaysAnswer(status, body);
  return await openOn({ endpoint });
}

/** The error of the protocol. */
export function xmlError(code: string, message = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

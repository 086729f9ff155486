import { z } from 'zod';

/** The option `timeout_ms` of every bucket. */
export const RequestTimeout = z
  .int()
  .min(1)
  .max(3_600_000)
  .default(30_000)
  .meta({ title: 'Timeout', description: 'Longest time one request may take, in milliseconds.' });

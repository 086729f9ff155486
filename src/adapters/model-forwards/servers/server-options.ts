import { z } from 'zod';

/** Of a model server; user and password may stand in it. */
export const ServerUrl = z.url({ protocol: /^https?$/ });

export const PredictionTimeout = z
  .int()
  .min(1)
  .default(10_000)
  .meta({ title: 'Timeout', description: 'Longest time one prediction may take, in milliseconds.' });

import { z } from 'zod';

/** A label parameter of a config: one label or a list of them, never an empty list. Always a list once parsed. */
export const Labels = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: 'expected a label or a list of at least one label',
  })
  .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value));
export type Labels = readonly string[];

import { z } from 'zod';
import { LATE_DECISIONS } from '../domain/decision.ts';

/** How long a verdict may take: in `edge.json` for every station config, in a station config for its own items. */
export const Deadline = z
  .strictObject({
    ms: z
      .int()
      .min(1)
      .max(3_600_000)
      .meta({ description: 'Milliseconds from the trigger within which an item gets its verdict.' }),
    late_decision: z
      .enum(LATE_DECISIONS)
      .default('KO')
      .meta({ description: 'The verdict of an item that is not decided by then.' }),
  })
  .meta({ title: 'Deadline' });
export type Deadline = z.output<typeof Deadline>;

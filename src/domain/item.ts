import { z } from 'zod';
import { DECISIONS, type Decision } from './decision.ts';

export const ITEM_STATES = ['Capture', 'Save Binaries', 'Inference', 'Decision', 'Done'] as const;
export type ItemState = (typeof ITEM_STATES)[number];

const CameraMetadata = z.looseObject({
  brightness: z.number().nullable(),
  exposition: z.number().nullable(),
  position: z.string().nullable(),
  source: z.string().nullable(),
});
export type CameraMetadata = z.output<typeof CameraMetadata>;

const CameraDecision = z.object({
  decision: z.enum(DECISIONS),
  reason: z.string().meta({ description: 'Why, in one sentence.' }),
});
export type CameraDecision = z.output<typeof CameraDecision>;

/**
 * What was inspected and the record of what happened to it, exactly as it is stored and answered.
 * The keys keep their names and meanings for good; more may come.
 */
export const Item = z
  .object({
    id: z.string(),
    serial_number: z.string().nullable(),
    category: z.string().nullable(),
    station_config: z.string().meta({ description: 'Name of the config that was active when the item was triggered.' }),
    cameras: z.record(z.string(), CameraMetadata),
    idempotency_key: z
      .string()
      .nullable()
      .default(null)
      .meta({ description: 'What the trigger sent as `Idempotency-Key`: the same key again is the same item.' }),
    received_time: z.string().meta({ description: 'Local time of the station, `YYYY-MM-DD hh:mm:ss`.' }),
    received_at: z.string().meta({ description: 'The same moment as ISO 8601 with its zone.' }),
    inferences: z
      .record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())))
      .meta({ description: 'camera → model id → `full_image` or object id → result' }),
    camera_decisions: z.record(z.string(), CameraDecision),
    decision: z.enum(DECISIONS).nullable().meta({ description: 'Null until it is made.' }),
    state: z.enum(ITEM_STATES),
    error: z.string().nullable().meta({ description: 'One sentence on what failed and how, or null.' }),
    late: z
      .boolean()
      .default(false)
      .meta({ description: 'The deadline passed before its models had answered, or before it was decided.' }),
    near_threshold: z
      .boolean()
      .default(false)
      .meta({ description: 'A score lies within 0.1 of where the decision would have been another.' }),
    stored_bytes: z.int().nonnegative().default(0).meta({ description: 'Size of the stored images, in bytes.' }),
    warnings: z.array(z.string()),
    binaries: z.array(z.string()).meta({ description: 'Names of the stored images.' }),
    timings_ms: z.record(z.string(), z.number()).meta({ description: 'Milliseconds per step.' }),
    config_digest: z.string().nullable().meta({ description: 'SHA-256 of the config, under which it is kept.' }),
    models: z.record(z.string(), z.object({ name: z.string(), version: z.string(), digest: z.string().nullable() })),
  })
  .meta({ id: 'Item', additionalProperties: {} });
export type Item = Readonly<z.output<typeof Item>>;

/** An `OK` that something speaks against is no `OK`: it becomes undecided. `KO` and `NO_DECISION` stay. */
export function withoutOk(decision: Decision): Decision {
  return decision === 'OK' ? 'NO_DECISION' : decision;
}

/** The sentence of an item's `error`: several failures stand one after the other. */
export function joinedErrors(errors: readonly string[]): string | null {
  return errors.length === 0 ? null : errors.join('; ');
}

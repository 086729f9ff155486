import { z } from 'zod';
import { DESTINATIONS } from '../../domain/delivery.ts';
import type { Orchestrator } from '../../station/orchestrator.ts';
import { type ApiServer, JSON_TYPE } from '../api-server.ts';

const Readiness = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).meta({ description: 'Why it is not ready.' }),
  warnings: z.array(z.string()).meta({ description: 'What is wrong without being in the way of an inspection.' }),
});

const Status = Readiness.extend({
  deliveries: z
    .array(
      z.object({
        destination: z.enum(DESTINATIONS),
        type: z.string(),
        waiting: z.int().meta({ description: 'Items that wait to be delivered; at most 100,000 are counted.' }),
        oldest_at: z.string().nullable().meta({ description: 'ISO 8601, since when the oldest of them waits.' }),
        oldest_age_s: z.int().nullable().meta({ description: 'The same in seconds.' }),
        set_aside: z.int().meta({ description: 'Items that the destination refused: see the dead letters.' }),
        failure: z.string().nullable().meta({ description: 'Why the last attempt failed.' }),
        next_attempt_at: z.string().nullable().meta({ description: 'ISO 8601' }),
      }),
    )
    .meta({ description: 'Remote storages and telemetry sinks; empty where there is none.' }),
  storage: z.object({
    free_bytes: z.int().nullable(),
    used_bytes: z.int().meta({ description: 'Size of the items that are kept.' }),
    bytes_per_hour: z.int(),
    hours_until_full: z
      .number()
      .nullable()
      .meta({ description: 'At this rate, if nothing is removed; null when nothing is added.' }),
  }),
  counts: z
    .object({
      accepted: z.int(),
      rejected: z.int().meta({ description: 'Triggers that the station could not take.' }),
      decided: z.int(),
      late: z.int().meta({ description: 'Items whose deadline came before they were decided.' }),
      failed: z.int().meta({ description: 'Items with an error.' }),
    })
    .meta({ description: 'Since the station was started.' }),
  dead_letters: z.int(),
  recovering: z.int().meta({ description: 'Items of an earlier run that are still to be finished.' }),
});

export function healthRoutes(api: ApiServer, orchestrator: Orchestrator): void {
  api.get(
    '/',
    {
      schema: {
        tags: ['station'],
        operationId: 'greet',
        summary: 'Whether this is an edge orchestrator',
        response: { 200: z.string() },
      },
    },
    async (_request, reply) =>
      reply.type(JSON_TYPE).serializer(JSON.stringify).send('the edge orchestrator is up and running'),
  );

  api.get(
    '/health/live',
    {
      config: { keyless: true },
      schema: {
        tags: ['station'],
        operationId: 'isLive',
        summary: 'Whether the process answers',
        security: [],
        response: { 200: z.object({ live: z.literal(true) }) },
      },
    },
    async () => ({ live: true as const }),
  );

  api.get(
    '/health',
    {
      config: { keyless: true },
      schema: {
        tags: ['station'],
        operationId: 'getHealth',
        summary: 'Everything the station knows of its own state',
        description: 'Answered with 200 also when the station is not ready.',
        security: [],
        response: { 200: Status },
      },
    },
    async () => {
      const { reasons, warnings, deliveries, ...status } = await orchestrator.status();
      const ready = reasons.length === 0;
      return { ready, reasons: [...reasons], warnings: [...warnings], deliveries: [...deliveries], ...status };
    },
  );

  api.get(
    '/health/ready',
    {
      config: { keyless: true },
      schema: {
        tags: ['station'],
        operationId: 'isReady',
        summary: 'Whether a trigger now would be inspected',
        description: 'There is an active config, its cameras answer, its models are loaded, the storage takes writes.',
        security: [],
        response: {
          200: Readiness.meta({ examples: [{ ready: true, reasons: [], warnings: [] }] }),
          503: Readiness.meta({ examples: [{ ready: false, reasons: ['no config is active'], warnings: [] }] }),
        },
      },
    },
    async (_request, reply) => {
      const { reasons, warnings } = await orchestrator.health();
      const ready = reasons.length === 0;
      return reply.code(ready ? 200 : 503).send({ ready, reasons: [...reasons], warnings: [...warnings] });
    },
  );
}

import { z } from 'zod';
import type { Orchestrator } from '../../station/orchestrator.ts';
import { type ApiServer, JSON_TYPE } from '../api-server.ts';

const Readiness = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).meta({ description: 'Why it is not ready.' }),
  warnings: z.array(z.string()).meta({ description: 'What is wrong without being in the way of an inspection.' }),
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

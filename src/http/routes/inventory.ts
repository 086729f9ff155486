import { z } from 'zod';
import type { Orchestrator } from '../../station/orchestrator.ts';
import { type ApiServer, JSON_TYPE } from '../api-server.ts';

export function inventoryRoutes(api: ApiServer, orchestrator: Orchestrator): void {
  api.get(
    '/inventory',
    {
      schema: {
        tags: ['configs'],
        operationId: 'getInventory',
        summary: 'What is available to station configs, as written',
        response: {
          200: z.unknown().meta({
            examples: [{ cameras: ['fake'], models: {}, camera_rules: ['expected_label_rule'], item_rules: [] }],
          }),
        },
      },
    },
    async (_request, reply) =>
      reply
        .type(JSON_TYPE)
        .serializer(JSON.stringify)
        .send((await orchestrator.inventory()) ?? null),
  );
}

import { z } from 'zod';
import { Diagnostic } from '../../domain/diagnostic.ts';
import { AppError } from '../../domain/errors.ts';
import { isPathId } from '../../domain/id.ts';
import type { Orchestrator } from '../../station/orchestrator.ts';
import { type ApiServer, JSON_TYPE } from '../api-server.ts';
import { problems } from '../openapi.ts';
import { anyWrongBody, checked } from '../request-body.ts';

const Config = z.unknown().meta({
  description: 'A station config as written.',
  examples: [{ cameras: {}, item_rule: { name: 'min_threshold_ko_rule', parameters: { threshold: 1 } } }],
});

const Activation = z
  .strictObject({ config_name: z.string('expected the name of a config') })
  .meta({ examples: [{ config_name: 'phone_line' }] });

export function configRoutes(api: ApiServer, orchestrator: Orchestrator): void {
  const { configs } = orchestrator;

  api.get(
    '/configs',
    {
      schema: {
        tags: ['configs'],
        operationId: 'listConfigs',
        summary: 'Every valid station config as written, by name, read afresh',
        response: { 200: z.record(z.string(), Config) },
      },
    },
    async () => configs.all(),
  );

  api.get(
    '/configs/diagnostics',
    {
      schema: {
        tags: ['configs'],
        operationId: 'listDiagnostics',
        summary: 'What is wrong or doubtful in the files of the station',
        response: { 200: z.array(Diagnostic) },
      },
    },
    async () => [...(await configs.diagnostics())],
  );

  api.get(
    '/configs/active',
    {
      schema: {
        tags: ['configs'],
        operationId: 'getActiveConfig',
        summary: 'The active config, or null',
        response: { 200: Config },
      },
    },
    async (_request, reply) =>
      reply
        .type(JSON_TYPE)
        .serializer(JSON.stringify)
        .send(configs.active() ?? null),
  );

  api.post(
    '/configs/active',
    {
      errorHandler: anyWrongBody,
      schema: {
        tags: ['configs'],
        operationId: 'activateConfig',
        summary: 'Make a config the active one',
        description: 'Running inspections finish under the config they started with. A refusal changes nothing.',
        requestBody: { 'application/json': Activation },
        response: {
          200: Config,
          ...problems({
            403: 'The name is empty.',
            404: 'There is no config of this name.',
            422: 'The config is invalid, one of its models cannot be loaded, or the body is not what is expected.',
          }),
        },
      },
    },
    async (request, reply) => {
      const { config_name: name } = checked(Activation, request.body);
      if (name !== '' && !isPathId(name)) {
        throw new AppError('CONFIG_NOT_FOUND', `no config can be called ${JSON.stringify(name.slice(0, 100))}`);
      }
      return reply
        .type(JSON_TYPE)
        .serializer(JSON.stringify)
        .send(await configs.activate(name));
    },
  );
}

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { PROBLEM_MEDIA_TYPE, Problem } from './error-response.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** What the route's body may be, by media type: for the page at /docs; the route itself checks it. */
    requestBody?: Readonly<Record<string, z.ZodType>>;
  }
}

type Transform = typeof jsonSchemaTransform;

interface Media {
  readonly schema: { readonly required?: readonly string[] };
}
type Operation = { readonly requestBody?: { required: boolean; readonly content: Readonly<Record<string, Media>> } };
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** The answers of a route that are problems: `{ 404: 'no such item' }` as response schemas. */
export function problems<const Status extends number | 'default'>(
  sentences: Readonly<Record<Status, string>>,
): Record<Status, { description: string; content: { [PROBLEM_MEDIA_TYPE]: { schema: typeof Problem } } }> {
  const entries = Object.entries<string>(sentences).map(([status, description]) => [
    status,
    { description, content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } } },
  ]);
  return Object.fromEntries(entries);
}

/** Registers the OpenAPI description of every route registered after it, and its page at `/docs`, nothing of which comes from elsewhere. */
export function describeApi(app: FastifyInstance): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Edge orchestrator',
        version: '1.0.0',
        description:
          'Triggers inspections of manufactured items, and tells what became of them. Errors are ' +
          '`application/problem+json` with a stable `code`. Where the station has a key (`EDGE_API_KEY`), every ' +
          'request but those for its health carries it as `Authorization: Bearer <key>`.',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { key: [] }],
      tags: [
        { name: 'items', description: 'What was inspected, and what became of it.' },
        { name: 'trigger', description: 'A part is before the cameras.' },
        { name: 'configs', description: 'What to inspect, and with what.' },
        { name: 'books', description: 'Whether nothing is lost, and what has to be looked at.' },
        { name: 'station', description: 'How the station is, and what happens at it.' },
      ],
    },
    transform: withBodyAndProblems,
    transformObject: asDocument,
  });
  app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null },
    // there is one document here: nothing to explore elsewhere
    theme: {
      title: 'Edge orchestrator',
      css: [{ filename: 'station.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  });
}

/** Adds the body a route takes, and that anything else it may answer is a problem too. */
const withBodyAndProblems: Transform = (route) => {
  const { requestBody, ...schema } = (route.schema ?? {}) as FastifySchema;
  const transform = (part: FastifySchema): FastifySchema =>
    jsonSchemaTransform({ ...route, schema: part } as Parameters<Transform>[0]).schema;
  if ('hide' in schema) return { schema, url: route.url };
  const response = { ...(schema.response as object), ...problems({ default: 'Any other error.' }) };
  const transformed = transform({ ...schema, response });
  if (requestBody === undefined) return { schema: transformed, url: route.url };
  const content = Object.entries(requestBody).map(([type, body]) => [type, { schema: transform({ body }).body }]);
  return { schema: { ...transformed, body: { content: Object.fromEntries(content) } }, url: route.url };
};

/** Of the schemas, those that an answer or a request names: others of the process have their own documents. */
const asDocument: typeof jsonSchemaTransformObject = (document) => {
  const whole = jsonSchemaTransformObject(document) as object as OpenApi;
  for (const { requestBody } of Object.values(whole.paths).flatMap((path) => Object.values(path))) {
    // The framework calls every body required; one of which nothing is required may be left out.
    if (requestBody) requestBody.required = Object.values(requestBody.content).every(({ schema }) => schema.required);
  }
  const schemas = Object.entries(whole.components.schemas);
  const used = new Set<string>();
  let text = JSON.stringify(whole.paths);
  for (let found = true; found; ) {
    const more = schemas.filter(([name]) => !used.has(name) && text.includes(`"#/components/schemas/${name}"`));
    for (const [name, schema] of more) {
      used.add(name);
      text += JSON.stringify(schema);
    }
    found = more.length > 0;
  }
  const kept = schemas.filter(([name]) => used.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...whole, components: { ...whole.components, schemas: Object.fromEntries(kept) } } as object;
};

/** The whole description as it stands in `openapi.json`. */
export async function openApiText(app: FastifyInstance): Promise<string> {
  await app.ready();
  return `${JSON.stringify(app.swagger(), null, 2)}\n`;
}

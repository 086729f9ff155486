import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openApiText } from './openapi.ts';
import { testServer } from './test-server.test-support.ts';

describe('the description of the interface', () => {
  it('stands in openapi.json as the routes are; `npm run openapi` writes it anew', async () => {
    const committed = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
    expect(await openApiText(testServer().app)).toBe(committed);
  });

  it('is OpenAPI 3.1, names every route and its problems, and refers to nothing that is not there', async () => {
    const document = (await testServer().app.inject('/docs/json')).json();
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(
      Object.entries(document.paths)
        .flatMap(([path, methods]) => Object.keys(methods as object).map((method) => `${method} ${path}`))
        .sort(),
    ).toEqual([
      'delete /api/v1/dead-letters/{id}',
      'get /api/v1',
      'get /api/v1/configs',
      'get /api/v1/configs/active',
      'get /api/v1/configs/diagnostics',
      'get /api/v1/dead-letters',
      'get /api/v1/events',
      'get /api/v1/health',
      'get /api/v1/health/live',
      'get /api/v1/health/ready',
      'get /api/v1/inventory',
      'get /api/v1/items',
      'get /api/v1/items/{id}',
      'get /api/v1/items/{id}/binaries',
      'get /api/v1/items/{id}/binaries/{camera_id}',
      'get /api/v1/items/{id}/delivery',
      'get /api/v1/items/{id}/state',
      'get /api/v1/ledger',
      'get /api/v1/reindex',
      'post /api/v1/configs/active',
      'post /api/v1/dead-letters/{id}/retry',
      'post /api/v1/reindex',
      'post /api/v1/trigger',
      'post /api/v1/upload',
    ]);
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(references)].sort()).toEqual(Object.keys(document.components.schemas).sort());
    for (const path of Object.values(document.paths)) {
      for (const operation of Object.values(path as Record<string, { responses: object }>)) {
        expect(operation.responses).toHaveProperty('default.content.application/problem+json');
      }
    }
    expect(document.paths['/api/v1/trigger'].post.requestBody.required).toBe(false);
    expect(document.paths['/api/v1/upload'].post.requestBody.required).toBe(true);
  });

  it('has a page that needs nothing from elsewhere', async () => {
    const { app } = testServer();
    for (const url of ['/docs', '/docs/']) {
      const page = await app.inject(url);
      expect(page.headers['content-type']).toMatch(/^text\/html/);
      expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
      for (const [, asset] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect((await app.inject(new URL(String(asset), `http://x${url}`).pathname)).statusCode).toBe(200);
      }
    }
    expect((await app.inject('/docs/static/swagger-initializer.js')).body).toMatch(/"validatorUrl":\s*null/);
  });

  it('answers for a file it has not with a problem', async () => {
    expect((await testServer().app.inject('/docs/static/none.js')).json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  });
});

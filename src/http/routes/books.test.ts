import { describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import { testServer } from '../test-server.test-support.ts';

describe('the ledger', () => {
  it('is the one of the station', async () => {
    const answer = await testServer().app.inject('/api/v1/ledger');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ closed: true, accepted: 0, missing: [], deliveries: [], unknown: [] });
  });

  it('is a problem where it cannot be added up', async () => {
    const { app, orchestrator } = testServer();
    orchestrator.failWith(new AppError('STORAGE_FAILED', 'data/storage could not be listed'));
    const answer = await app.inject('/api/v1/ledger');
    expect([answer.statusCode, answer.json()]).toMatchObject([503, { code: 'STORAGE_FAILED' }]);
  });
});

describe('the dead letters', () => {
  const list = async ({ app }: ReturnType<typeof testServer>): Promise<string[]> =>
    (await app.inject('/api/v1/dead-letters')).json<{ what: string }[]>().map(({ what }) => what);

  it('are listed, tried again whole or in part, and given up', async () => {
    const server = testServer();
    expect(await list(server)).toEqual(['inspection', 'telemetry_sink']);
    const dropped = await server.app.inject({ method: 'DELETE', url: '/api/v1/dead-letters/dead?what=telemetry_sink' });
    expect([dropped.statusCode, dropped.json()]).toEqual([200, { parts: ['telemetry_sink'] }]);
    const retried = await server.app.inject({ method: 'POST', url: '/api/v1/dead-letters/dead/retry' });
    expect([retried.statusCode, retried.json()]).toEqual([200, { parts: ['inspection'] }]);
    expect(await list(server)).toEqual([]);
  });

  it.each([
    ['POST', '/api/v1/dead-letters/unknown/retry', 404],
    ['DELETE', '/api/v1/dead-letters/unknown', 404],
    ['DELETE', '/api/v1/dead-letters/..%2f..', 404],
    ['DELETE', '/api/v1/dead-letters/dead?what=everything', 422],
    ['POST', '/api/v1/dead-letters/dead/retry?how=fast', 422],
    ['PUT', '/api/v1/dead-letters/dead', 405],
  ] as const)('answer %s %s with %i', async (method, url, status) => {
    const answer = await testServer().app.inject({ method, url });
    expect(answer.statusCode).toBe(status);
  });
});

describe('reindex', () => {
  it('is begun once at a time, and says how far it is', async () => {
    const { app } = testServer();
    expect((await app.inject('/api/v1/reindex')).json()).toMatchObject({ running: false, finished_at: null });
    const begun = await app.inject({ method: 'POST', url: '/api/v1/reindex' });
    expect([begun.statusCode, begun.json()]).toMatchObject([202, { running: true }]);
    const again = await app.inject({ method: 'POST', url: '/api/v1/reindex' });
    expect([again.statusCode, again.json()]).toMatchObject([409, { code: 'REINDEX_RUNNING' }]);
    expect((await app.inject('/api/v1/reindex')).json()).toMatchObject({ running: true });
  });
});

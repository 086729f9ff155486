import { describe, expect, it } from 'vitest';
import { testServer } from '../test-server.test-support.ts';

describe('the health of the station', () => {
  it.each(['/api/v1', '/api/v1/'])('is greeted at %s', async (url) => {
    const answer = await testServer().app.inject(url);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toBe('"the edge orchestrator is up and running"');
  });

  it('is live while the process answers, ready or not', async () => {
    const { app, orchestrator } = testServer();
    orchestrator.setReasons('no config is active');
    expect((await app.inject('/api/v1/health/live')).statusCode).toBe(200);
  });

  it('is ready when nothing speaks against it', async () => {
    const answer = await testServer().app.inject('/api/v1/health/ready');
    expect([answer.statusCode, answer.json()]).toEqual([200, { ready: true, reasons: [], warnings: [] }]);
  });

  it('has every figure in one answer, ready or not', async () => {
    const { app, orchestrator } = testServer({ apiKey: 'key' });
    orchestrator.setReasons('the disk is full');
    const answer = await app.inject('/api/v1/health');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      ready: false,
      reasons: ['the disk is full'],
      warnings: [],
      deliveries: [],
      storage: { free_bytes: 1_000_000, used_bytes: 0, bytes_per_hour: 0, hours_until_full: null },
      counts: { accepted: 0, rejected: 0, decided: 0, late: 0, failed: 0 },
      dead_letters: 0,
      recovering: 0,
    });
  });

  it('is not ready for reasons, in plain JSON', async () => {
    const { app, orchestrator } = testServer();
    orchestrator.setReasons('camera "cam1" is away', 'the disk is full');
    const answer = await app.inject('/api/v1/health/ready/');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json()).toEqual({
      ready: false,
      reasons: ['camera "cam1" is away', 'the disk is full'],
      warnings: [],
    });
  });
});

import { describe, expect, it } from 'vitest';
import { formBody, type TestServer, testServer } from '../test-server.test-support.ts';

const activate = ({ app }: TestServer, payload: string | object, type = 'application/json') =>
  app.inject({ method: 'POST', url: '/api/v1/configs/active', payload, headers: { 'content-type': type } });

describe('the configs of the station', () => {
  it('are listed by name as written', async () => {
    const { app, orchestrator } = testServer();
    expect((await app.inject('/api/v1/configs')).json()).toEqual(await orchestrator.configs.all());
  });

  it('have diagnostics', async () => {
    const { app, orchestrator } = testServer();
    expect((await app.inject('/api/v1/configs/diagnostics')).json()).toEqual(await orchestrator.configs.diagnostics());
  });

  it('have an active one, or null', async () => {
    const { app, orchestrator } = testServer();
    expect((await app.inject('/api/v1/configs/active')).json()).toEqual(orchestrator.configs.active());
    orchestrator.setActive(null);
    const answer = await app.inject('/api/v1/configs/active');
    expect([answer.statusCode, answer.body]).toEqual([200, 'null']);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  });

  it('are made active by name', async () => {
    const server = testServer();
    const answer = await activate(server, { config_name: 'back' });
    expect([answer.statusCode, answer.json()]).toEqual([200, { cameras: {} }]);
    expect((await server.app.inject('/api/v1/configs/active')).json()).toEqual({ cameras: {} });
  });

  it.each([
    ['an empty name', { config_name: '' }, 403, 'CONFIG_NOT_SELECTED', /^No configuration selected!$/],
    ['an unknown name', { config_name: 'side' }, 404, 'CONFIG_NOT_FOUND', /side/],
    ['a path', { config_name: '../front' }, 404, 'CONFIG_NOT_FOUND', /\.\.\/front/],
    ['a name that every object has', { config_name: '__proto__' }, 404, 'CONFIG_NOT_FOUND', /__proto__/],
    ['an invalid config', { config_name: 'bad' }, 422, 'CONFIG_INVALID', /bad/],
    ['a number', { config_name: 1 }, 422, 'REQUEST_INVALID', /^config_name: /],
    ['null', { config_name: null }, 422, 'REQUEST_INVALID', /^config_name: /],
    ['no name', {}, 422, 'REQUEST_INVALID', /^config_name: /],
    ['an unknown key', { config_name: 'back', force: true }, 422, 'REQUEST_INVALID', /force/],
    ['a bare string', '"back"', 422, 'REQUEST_INVALID', /object/],
    ['no body', '', 422, 'REQUEST_INVALID', /object/],
    ['no JSON', '{', 422, 'REQUEST_INVALID', /JSON/],
  ])('stay as they are for %s', async (_, payload, status, code, message) => {
    const server = testServer();
    const answer = await activate(server, payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status, code, message: expect.stringMatching(message) });
    expect((await server.app.inject('/api/v1/configs/active')).json()).toMatchObject({ description: 'front' });
  });

  it('are not made active by a form', async () => {
    const { payload, headers } = await formBody([['config_name', 'back']]);
    const answer = await testServer().app.inject({ method: 'POST', url: '/api/v1/configs/active', payload, headers });
    expect(answer.json()).toMatchObject({ status: 422, code: 'REQUEST_INVALID' });
  });

  it('may use what the inventory lists', async () => {
    const { app, orchestrator } = testServer();
    expect((await app.inject('/api/v1/inventory')).json()).toEqual(await orchestrator.inventory());
  });
});

import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

describe('settings', () => {
  it('are all unset in an empty environment', () => {
    expect(readSettings({})).toEqual({
      edgeRoot: null,
      apiKey: null,
      activeConfigName: null,
      servingModelUrl: null,
      edgeName: null,
      env: {},
    });
  });

  it('come from the environment by name', () => {
    const settings = readSettings({
      EDGE_ROOT: '/srv/edge',
      EDGE_API_KEY: 'key',
      ACTIVE_CONFIG_NAME: 'phones',
      SERVING_MODEL_URL: 'http://models:8501',
      DB_PASSWORD: 'hidden',
    });
    expect(settings).toMatchObject({
      edgeRoot: '/srv/edge',
      apiKey: 'key',
      activeConfigName: 'phones',
      servingModelUrl: 'http://models:8501',
    });
    expect(settings.env.DB_PASSWORD).toBe('hidden');
  });

  it('count what is set but empty as unset', () => {
    const settings = readSettings({ EDGE_API_KEY: '', ACTIVE_CONFIG_NAME: '  ', DB_PASSWORD: '' });
    expect(settings).toMatchObject({ apiKey: null, activeConfigName: null });
    expect('DB_PASSWORD' in settings.env).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { readSettings } from '../settings.ts';
import { type EdgeState, parsedEdgeConfig, readEdgeConfig } from './edge-config.ts';
import { edgeRoot, sentences } from './edge-root.test-support.ts';

const file = 'config/edge.json';

function edgeOf(content: object | string, env: Readonly<Record<string, string>> = {}): EdgeState {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return parsedEdgeConfig({ file, text }, readSettings(env));
}

describe('edge.json', () => {
  it('may be missing: a station alone on its machine is the default', async () => {
    const { edge, diagnostics } = await readEdgeConfig(await edgeRoot({}), readSettings({}));
    expect(diagnostics).toEqual([]);
    expect(edge).toMatchObject({
      binary_storage: { type: 'filesystem' },
      metadata_storage: { type: 'filesystem' },
      model_forward: { type: 'embedded' },
      telemetry_sink: { type: 'fake' },
      inventory: { type: 'json', path: 'config/inventory.json' },
      station_configs: { type: 'json', folder: 'config/station_configs' },
      server: {
        host: '127.0.0.1',
        port: 8000,
        cors_origins: [],
        body_limit_mb: 32,
        max_in_flight: 4,
        max_waiting: 1000,
      },
      plugins: [],
    });
    expect(edge?.active_config).toBeUndefined();
  });

  it('is read from config/edge.json of the root', async () => {
    const root = await edgeRoot({ [file]: '{ "server": { "port": 9000 }, /* comment */ }' });
    const { edge, diagnostics } = await readEdgeConfig(root, readSettings({}));
    expect(diagnostics).toEqual([]);
    expect(edge?.server.port).toBe(9000);
  });

  it('that is a folder is an error', async () => {
    const root = await edgeRoot({ [`${file}/x`]: '' });
    expect(await readEdgeConfig(root, readSettings({}))).toMatchObject({
      edge: null,
      diagnostics: [{ file, message: 'the file is not a file' }],
    });
  });

  it.each([
    [
      { metadata_storage: { type: 'mongodb', uri: 'mongodb://localhost' } },
      'error metadata_storage.uri: unknown key "uri". Allowed: "pool_size", "timeout_ms", "type"',
    ],
    [
      { telemetry_sink: { type: 'azure_iot_hub', EdgeHubConnectionString: 'HostName=hub' } },
      'error telemetry_sink.EdgeHubConnectionString: unknown key "EdgeHubConnectionString". Allowed: "port", "timeout_ms", "token_lifetime_s", "type"',
    ],
    [
      { telemetry_sink: { type: 'postgresql', url: 'postgresql://localhost/iot' } },
      'error telemetry_sink.url: unknown key "url". Allowed: "pool_size", "timeout_ms", "type"',
    ],
    [
      { binary_storage: { type: 'filesytem' } },
      'error binary_storage.type: found "filesytem", did you mean "filesystem"? Allowed: "filesystem", "memory", "s3_bucket", "azure_container", "gcp_bucket"',
    ],
    [
      { binary_storage: {} },
      'error binary_storage.type: "type" is missing. Allowed: "filesystem", "memory", "s3_bucket", "azure_container", "gcp_bucket"',
    ],
    [{ server: { port: 65_536 } }, 'error server.port: found 65536, expected at most 65535'],
    [{ server: { max_in_flight: 0 } }, 'error server.max_in_flight: found 0, expected at least 1'],
    [{ server: { cors_origins: '*' } }, 'error server.cors_origins: found "*", expected a list […]'],
    [{ active_config: '' }, 'error active_config: found "", expected at least 1 character'],
    [
      { inventory: { type: 'json', path: '../inventory.json' } },
      'error inventory.path: found "../inventory.json", expected a relative path with "/" between its parts and without ".."',
    ],
  ])('says what is wrong with %j', (content, sentence) => {
    const { edge, diagnostics } = edgeOf(content);
    expect(edge).toBeNull();
    expect(sentences(diagnostics)).toEqual([sentence]);
  });

  it('suggests the key that was meant', () => {
    const [sentence] = sentences(edgeOf({ model_forwrd: { type: 'fake' } }).diagnostics);
    expect(sentence).toMatch(/^error model_forwrd: unknown key "model_forwrd", did you mean "model_forward"\?/);
  });

  it('says that a plugin which was added meanwhile counts from the next start', () => {
    const { edge, diagnostics } = edgeOf({ plugins: ['./gige-camera.ts'] });
    expect(edge?.plugins).toEqual(['./gige-camera.ts']);
    expect(sentences(diagnostics)).toEqual([
      'warning plugins.0: the plugin "./gige-camera.ts" is loaded at the next start',
    ]);
  });

  it.each(['../gige-camera.ts', '/opt/gige-camera.ts', './gige-camera.py'])('takes no plugin %j', (plugin) => {
    expect(sentences(edgeOf({ plugins: [plugin] }).diagnostics)).toEqual([
      `error plugins.0: found "${plugin}", expected a file of the edge root that ends in .ts, .js or .mjs, such as "./plugins/my-rule.ts"`,
    ]);
  });
});

describe('the address of the model server', () => {
  const serving = { model_forward: { type: 'tf_serving' } };
  const servingAt = (url: string): object => ({ model_forward: { type: 'tf_serving', url } });

  it.each([
    { name: 'the file', content: servingAt('http://file:8501'), env: {}, url: 'http://file:8501' },
    {
      name: 'the environment',
      content: serving,
      env: { SERVING_MODEL_URL: 'http://env:8501' },
      url: 'http://env:8501',
    },
    {
      name: 'the environment where both say one',
      content: servingAt('http://file:8501'),
      env: { SERVING_MODEL_URL: 'http://env:8501' },
      url: 'http://env:8501',
    },
    {
      name: 'a variable that the file names',
      content: servingAt(`http://\${HOST}:8501`),
      env: { HOST: 'models' },
      url: 'http://models:8501',
    },
  ])('comes from $name', ({ content, env, url }) => {
    const { edge, diagnostics } = edgeOf(content, env);
    expect(diagnostics).toEqual([]);
    expect(edge?.model_forward).toMatchObject({ type: 'tf_serving', url });
  });

  it('must come from somewhere when tf_serving is chosen', () => {
    for (const env of [{}, { SERVING_MODEL_URL: '' }]) {
      const { edge, diagnostics } = edgeOf(serving, env);
      expect(edge).toBeNull();
      expect(sentences(diagnostics)).toEqual([
        'error model_forward.url: tf_serving needs the address of the model server: give it here or in the environment variable SERVING_MODEL_URL',
      ]);
    }
  });

  it('is never shown when it comes from the environment and is none', () => {
    const { edge, diagnostics } = edgeOf(serving, { SERVING_MODEL_URL: 'not an address, hunter2' });
    expect(edge).toBeNull();
    expect(JSON.stringify(diagnostics)).not.toContain('hunter2');
    expect(sentences(diagnostics)[0]).toContain(`found "\${SERVING_MODEL_URL}"`);
  });

  it('in the environment leaves the other model forwards alone', () => {
    const env = { SERVING_MODEL_URL: 'http://env:8501' };
    expect(edgeOf({ model_forward: { type: 'fake' } }, env)).toMatchObject({
      edge: { model_forward: { type: 'fake' } },
      diagnostics: [],
    });
    expect(edgeOf({}, env).edge?.model_forward.type).toBe('embedded');
  });
});

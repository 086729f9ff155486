import { describe, expect, it } from 'vitest';
import { AppError } from '../domain/errors.ts';
import { awayDiagnostics } from './away-diagnostics.ts';
import { edgeRoot, sentences } from './edge-root.test-support.ts';

const signal = new AbortController().signal;
const EDGE = `{
  "model_forward": { "type": "tf_serving", "url": "\${SERVER}" },
  "telemetry_sink": { "type": "postgresql" }
}`;
const FAILING = {
  destination: 'telemetry_sink',
  type: 'postgresql',
  waiting: 3,
  oldest_at: null,
  oldest_age_s: null,
  set_aside: 0,
  failure: 'nobody listens',
  next_attempt_at: null,
} as const;

describe('what is away', () => {
  it('is a warning at the place of edge.json that names it, without what comes from the environment', async () => {
    const check = async (): Promise<void> => {
      throw new AppError('MODEL_SERVER_UNREACHABLE', 'the model server http://10.0.0.7:8501 cannot be reached');
    };
    const found = await awayDiagnostics({
      root: await edgeRoot({ 'config/edge.json': EDGE }),
      env: { SERVER: 'http://10.0.0.7:8501' },
      delivery: { status: async () => [FAILING] },
      modelForward: { check },
      signal,
    });
    expect(found.map(({ line }) => line)).toEqual([2, 3]);
    expect(sentences(found)).toEqual([
      'warning model_forward: the model server ${SERVER} cannot be reached; items that need its models fail',
      'warning telemetry_sink: nobody listens; inspections go on, and it is tried again',
    ]);
  });

  it('is nothing where all answer, also in a root without edge.json', async () => {
    const parts = { delivery: { status: async () => [] }, modelForward: { check: async () => undefined }, signal };
    expect(await awayDiagnostics({ root: await edgeRoot({}), env: {}, ...parts })).toEqual([]);
  });
});

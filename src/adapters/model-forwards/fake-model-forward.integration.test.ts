import { describe, expect, it } from 'vitest';
import type { Model } from '../../domain/model.ts';
import type { Prediction } from '../../domain/prediction.ts';
import { testContext } from '../../ports/context.test-support.ts';
import { modelForwardContract } from '../../ports/model-forward.contract.ts';
import { fakeModelForward } from './fake-model-forward.ts';
import { plainImage, testModel } from './model-forward.test-support.ts';

const classifier = testModel();
const detector = testModel({ name: 'parts', category: 'object_detection' });
const both = testModel({ name: 'both', category: 'object_detection_with_classification' });
const signal = new AbortController().signal;

async function predictions(options: { seed?: number }, model: Model, count: number): Promise<Prediction[]> {
  const forward = await fakeModelForward.open({ delay_ms: 0, ...options }, await testContext());
  const loaded = await forward.load(model, signal);
  const image = await plainImage('red');
  const found: Prediction[] = [];
  for (let index = 0; index < count; index += 1) found.push(await loaded.predict(image, null, signal));
  return found;
}

describe('fake model forward', () => {
  modelForwardContract({
    open: async () => fakeModelForward.open({ delay_ms: 5 }, await testContext()),
    image: () => plainImage('red'),
    models: [classifier, detector, both],
    unloadable: null,
    repeatable: false,
  });

  it('gives the same sequence for the same seed and another one for another', async () => {
    const first = await predictions({ seed: 7 }, detector, 20);
    expect(await predictions({ seed: 7 }, detector, 20)).toEqual(first);
    expect(await predictions({ seed: 8 }, detector, 20)).not.toEqual(first);
  });

  it('gives every label sooner or later', async () => {
    const labels = (await predictions({ seed: 1 }, classifier, 200)).map((found) =>
      found.kind === 'classification' ? found.label : null,
    );
    expect(new Set(labels)).toEqual(new Set(classifier.labels));
  });

  it('gives class numbers for a model without labels', async () => {
    const [found] = await predictions({ seed: 1 }, testModel({ labels: null }), 1);
    expect(found).toMatchObject({ label: expect.stringMatching(/^\d+$/) as string });
  });

  it.each([
    [{}, { delay_ms: 0 }],
    [
      { seed: 3, delay_ms: 20 },
      { seed: 3, delay_ms: 20 },
    ],
  ])('takes the options %j', (given, parsed) => {
    expect(fakeModelForward.options.parse(given)).toEqual(parsed);
  });

  it('refuses options that do not exist', () => {
    expect(fakeModelForward.options.safeParse({ sed: 3 }).success).toBe(false);
  });
});

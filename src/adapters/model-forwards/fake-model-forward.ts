import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { labelOf, type Model } from '../../domain/model.ts';
import { clippedLocation, type DetectedObject, type Prediction } from '../../domain/prediction.ts';
import { defineModelForward, type ModelForward } from '../../ports/model-forward.ts';
import { abortedError } from './threads/abortable.ts';

/** Classes that a model without labels is taken to have. */
const UNLABELLED_CLASSES = 2;
const MAX_OBJECTS = 4;

/** Random but well-formed results, for trying a station without its models. The pictures are not looked at. */
export const fakeModelForward = defineModelForward({
  type: 'fake',
  options: z.strictObject({
    seed: z.int().optional().meta({ title: 'Seed', description: 'The same seed gives the same sequence of results.' }),
    delay_ms: z
      .int()
      .min(0)
      .default(0)
      .meta({ title: 'Delay', description: 'How long a prediction takes, in milliseconds.' }),
  }),
  async open({ seed, delay_ms }): Promise<ModelForward> {
    const random = seed === undefined ? Math.random : seededRandom(seed);
    return {
      async load(model, signal) {
        if (signal.aborted) throw abortedError(signal);
        return {
          digest: null,
          async predict(_image, _box, abort) {
            if (abort.aborted) throw abortedError(abort);
            const prediction = randomPrediction(model, random);
            if (delay_ms > 0) {
              await sleep(delay_ms, undefined, { signal: abort }).catch(() => {
                throw abortedError(abort);
              });
            }
            return prediction;
          },
          async close() {},
        };
      },
      async inspect() {
        return null;
      },
      async check(signal) {
        if (signal.aborted) throw new AppError('ABORTED', 'the check was called off');
      },
      async close() {},
    };
  },
});

function randomPrediction(model: Model, random: () => number): Prediction {
  const label = (): string => {
    const classes = model.labels?.length ?? UNLABELLED_CLASSES;
    return labelOf(model, Math.floor(random() * classes)) ?? '0';
  };
  if (model.category === 'classification') {
    return { kind: 'classification', label: label(), probability: 0.5 + random() / 2 };
  }
  const objects = Array.from({ length: Math.floor(random() * (MAX_OBJECTS + 1)) }, (_, index): DetectedObject => {
    const [x, y, width, height] = [random() * 0.7, random() * 0.7, 0.05 + random() * 0.25, 0.05 + random() * 0.25];
    const location = clippedLocation(x, y, x + width, y + height) ?? [0, 0, 1, 1];
    const score = model.objectnessThreshold + random() * (1 - model.objectnessThreshold);
    return {
      position: index + 1,
      label: label(),
      location,
      score,
      ...(model.modelType === 'yolo' ? { metadata: null } : {}),
    };
  });
  return { kind: 'detection', objects, warnings: [] };
}

/** Numbers 0 ≤ x < 1 that depend on the seed alone (the splitmix32 sequence). */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
}

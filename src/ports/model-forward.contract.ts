import { describe, expect, it } from 'vitest';
import type { Image } from '../domain/image.ts';
import type { Model } from '../domain/model.ts';
import type { Prediction } from '../domain/prediction.ts';
import type { LoadedModel, ModelForward } from './model-forward.ts';

/** What a model forward is tried with. */
export interface ModelForwardSubject {
  open(): Promise<ModelForward>;
  image(): Promise<Image>;
  /** One model of each category that can be tried, all with labels. */
  readonly models: readonly Model[];
  /** A model that cannot be loaded; null where every model can. */
  readonly unloadable: Model | null;
  /** Whether the same picture has the same answer. */
  readonly repeatable: boolean;
}

const signal = (): AbortSignal => new AbortController().signal;

/** What every model forward promises. */
export function modelForwardContract(subject: ModelForwardSubject): void {
  async function withForward<Result>(use: (forward: ModelForward) => Promise<Result>): Promise<Result> {
    const forward = await subject.open();
    try {
      return await use(forward);
    } finally {
      await forward.close();
    }
  }
  const withModel = <Result>(model: Model, use: (loaded: LoadedModel) => Promise<Result>): Promise<Result> =>
    withForward(async (forward) => use(await forward.load(model, signal())));
  const anyModel = subject.models[0] as Model;

  describe.each(subject.models.map((model) => [model.name, model.category, model] as const))(
    'with the model %s of %s',
    (_name, _category, model) => {
      it('gives a well-formed prediction of the whole image and of a crop', async () => {
        await withModel(model, async (loaded) => {
          const image = await subject.image();
          expectWellFormed(model, await loaded.predict(image, null, signal()));
          expectWellFormed(model, await loaded.predict(image, [0.25, 0.25, 0.75, 1], signal()));
        });
      });

      if (subject.repeatable) {
        it('gives the same answer for the same image', async () => {
          await withModel(model, async (loaded) => {
            const first = await loaded.predict(await subject.image(), null, signal());
            const second = await loaded.predict(await subject.image(), null, signal());
            expect({ ...second, timingsMs: null }).toEqual({ ...first, timingsMs: null });
          });
        });
      }

      it('answers several calls at once', async () => {
        await withModel(model, async (loaded) => {
          const image = await subject.image();
          const calls = Array.from({ length: 6 }, () => loaded.predict(image, null, signal()));
          for (const prediction of await Promise.all(calls)) expectWellFormed(model, prediction);
        });
      });
    },
  );

  it('answers 50 calls at once, those aside that are called off', async () => {
    await withModel(anyModel, async (loaded) => {
      const image = await subject.image();
      const abort = new AbortController();
      const calledOff = Array.from({ length: 25 }, () => loaded.predict(image, null, abort.signal));
      const calls = Array.from({ length: 50 }, () => loaded.predict(image, null, signal()));
      abort.abort();
      for (const outcome of await Promise.allSettled(calledOff)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
      }
      for (const prediction of await Promise.all(calls)) expectWellFormed(anyModel, prediction);
    });
  });

  it('rejects a prediction whose signal is already aborted', async () => {
    await withModel(anyModel, async (loaded) => {
      const prediction = loaded.predict(await subject.image(), null, AbortSignal.abort());
      await expect(prediction).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });

  it('rejects a prediction when its signal is aborted meanwhile', async () => {
    await withModel(anyModel, async (loaded) => {
      const controller = new AbortController();
      const prediction = loaded.predict(await subject.image(), null, controller.signal);
      controller.abort();
      await expect(prediction).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });

  it('rejects a loading whose signal is already aborted', async () => {
    await withForward(async (forward) => {
      await expect(forward.load(anyModel, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });

  it('is ready after a model is loaded, and finds nothing against it', async () => {
    await withForward(async (forward) => {
      await forward.load(anyModel, signal());
      await expect(forward.check(signal())).resolves.toBeUndefined();
      await expect(forward.inspect(anyModel)).resolves.toBeNull();
    });
  });

  it('keeps a model that is loaded twice until both users have closed it', async () => {
    await withForward(async (forward) => {
      const first = await forward.load(anyModel, signal());
      const second = await forward.load(anyModel, signal());
      await first.close();
      await first.close();
      expectWellFormed(anyModel, await second.predict(await subject.image(), null, signal()));
    });
  });

  it('closes twice without complaint, models included', async () => {
    const forward = await subject.open();
    const loaded = await forward.load(anyModel, signal());
    await loaded.close();
    await loaded.close();
    await forward.close();
    await expect(forward.close()).resolves.toBeUndefined();
  });

  const { unloadable } = subject;
  if (unloadable !== null) {
    it('refuses a model it cannot run, naming it, and says the same when asked', async () => {
      const model = unloadable;
      await withForward(async (forward) => {
        await expect(forward.load(model, signal())).rejects.toMatchObject({
          code: 'MODEL_INVALID',
          message: expect.stringContaining(model.name) as string,
        });
        expect(await forward.inspect(model)).toContain(model.name);
      });
    });
  }
}

function expectWellFormed(model: Model, prediction: Prediction): void {
  if (prediction.kind === 'classification') {
    expect(model.category).toBe('classification');
    expect(model.labels).toContain(prediction.label);
    expect(prediction.probability).toBeGreaterThanOrEqual(0);
    expect(prediction.probability).toBeLessThanOrEqual(1);
    return;
  }
  expect(model.category).not.toBe('classification');
  const positions = prediction.objects.map(({ position }) => position);
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
  for (const { position, label, location, score } of prediction.objects) {
    expect(position).toBeGreaterThan(0);
    expect(model.labels).toContain(label);
    expect(score).toBeGreaterThanOrEqual(model.objectnessThreshold);
    const [xmin, ymin, xmax, ymax] = location;
    expect(location.every((edge) => edge >= 0 && edge <= 1)).toBe(true);
    expect(xmax).toBeGreaterThan(xmin);
    expect(ymax).toBeGreaterThan(ymin);
  }
}

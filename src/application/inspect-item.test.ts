import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { memoryBinaryStorage } from '../adapters/binary-storages/memory-binary-storage.ts';
import { AppError } from '../domain/errors.ts';
import type { Item, ItemState } from '../domain/item.ts';
import { bindItemRule } from '../domain/item-rules/index.ts';
import type { Prediction } from '../domain/prediction.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import { rootless } from '../ports/context.test-support.ts';
import { type InspectionTools, inspectItem } from './inspect-item.ts';
import {
  classified,
  detected,
  identifyTestPicture,
  never,
  newTestItem,
  pictureOf,
  testCamera,
  testModel,
  testStation,
} from './inspection.test-support.ts';
import { capturedPictures } from './picture-sources.ts';
import { createStepClock } from './run-step.ts';
import type { Station, StationCamera } from './station.ts';
import { createTurns } from './turns.ts';
import { createUnsavedPictures } from './unsaved-pictures.ts';

const WHOLE_RUN: ItemState[] = ['Capture', 'Save Binaries', 'Inference', 'Decision'];

let binaryStorage: BinaryStorage;
let tools: InspectionTools;

beforeEach(async () => {
  binaryStorage = await memoryBinaryStorage.open({ max_mb: 64, max_items: 1_000 }, rootless);
  tools = {
    binaryStorage,
    identifyImage: identifyTestPicture,
    writeTimeoutMs: 60_000,
    unsavedPictures: createUnsavedPictures(1_000_000),
    inFlight: createTurns(4),
    running: () => () => undefined,
  };
});

interface Run {
  readonly item?: Item;
  readonly given?: Map<string, Uint8Array>;
  readonly states?: ItemState[];
  readonly signal?: AbortSignal;
}

function inspect(station: Station, { item, given, states = [], signal = never }: Run = {}) {
  const clock = createStepClock(
    (state) => states.push(state),
    () => performance.now(),
  );
  return inspectItem({
    item: item ?? newTestItem('item'),
    station,
    pictures: capturedPictures(given ?? new Map()),
    tools,
    step: clock.step,
    signal,
    ending: signal,
    pictureSaved() {},
    givenSaved() {},
  });
}

const stored = async (name: string, itemId = 'item'): Promise<string | undefined> => {
  const bytes = await binaryStorage.get({ config: 'line', itemId, name }, never);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
};

const failing = async (): Promise<never> => Promise.reject(new AppError('MODEL_FAILED', 'no answer'));
const away = async (): Promise<never> => Promise.reject(new AppError('CAMERA_UNREACHABLE', 'nobody there'));

describe('an inspection', () => {
  it('captures, saves, runs the models and decides, in this order', async () => {
    const states: ItemState[] = [];
    const result = await inspect(testStation([testCamera()]), { states });
    expect(result).toEqual({
      inferences: { front: { classifier: { full_image: { label: 'good', probability: 0.9 } } } },
      camera_decisions: { front: { decision: 'OK', reason: 'test_rule: seen good' } },
      decision: 'OK',
      error: null,
      near_threshold: false,
      warnings: [],
      binaries: ['front.jpg'],
      stored_bytes: pictureOf().byteLength,
      timings: {},
    });
    expect(states).toEqual(WHOLE_RUN);
    expect(await stored('front.jpg')).toBe(Buffer.from(pictureOf()).toString());
  });

  it.each([
    [detected('bad', 'good', 'bad'), 'KO', 'test_rule: seen 2 × bad, good'],
    [detected(), 'NO_DECISION', 'test_rule: nothing seen'],
    [detected('good'), 'OK', 'test_rule: seen good'],
  ])('decides by what the last model saw: %#', async (answer: Prediction, decision, reason) => {
    const result = await inspect(testStation([testCamera({ models: [testModel({ id: 'detector' }, answer)] })]));
    expect(result).toMatchObject({ decision, error: null, camera_decisions: { front: { decision, reason } } });
  });

  it('lets the rule of a camera without models judge that nothing was seen', async () => {
    const result = await inspect(testStation([testCamera({ models: [], rule: () => 'OK' })]));
    expect(result).toMatchObject({ decision: 'OK', inferences: { front: {} }, error: null });
  });

  it('is undecided without cameras', async () => {
    const result = await inspect(testStation([]));
    expect(result).toMatchObject({ decision: 'NO_DECISION', error: null, binaries: [], camera_decisions: {} });
  });

  it('names camera and model in its warnings', async () => {
    const answer: Prediction = { kind: 'detection', objects: [], warnings: ['a box was dropped'] };
    const camera = testCamera({ models: [testModel({ id: 'detector' }, answer)] });
    expect((await inspect(testStation([camera]))).warnings).toEqual([
      'camera "front": model "detector": a box was dropped',
    ]);
  });

  it('takes a picture that came with the trigger for the camera, captures the others, and lets go of it', async () => {
    const given = new Map([['front', pictureOf({ name: 'given', extension: 'png' })]]);
    const front = testCamera({ capture: away });
    const back = testCamera({ id: 'back' });
    const result = await inspect(testStation([front, back]), { given });
    expect(result).toMatchObject({ decision: 'OK', binaries: ['front.png', 'back.jpg'] });
    expect(await stored('front.png')).toContain('"given"');
    expect(given.size).toBe(0);
  });

  it('runs the cameras side by side', async () => {
    const both = Promise.withResolvers<void>();
    let capturing = 0;
    const meeting = async (): Promise<Uint8Array> => {
      capturing += 1;
      if (capturing === 2) both.resolve();
      await both.promise;
      return pictureOf();
    };
    const cameras = [testCamera({ capture: meeting }), testCamera({ id: 'back', capture: meeting })];
    expect((await inspect(testStation(cameras))).binaries).toEqual(['front.jpg', 'back.jpg']);
  });
});

describe('an inspection in which something fails', () => {
  const damaged: [string, Partial<StationCamera>, string, string[]][] = [
    ['a camera that fails', { capture: away }, 'camera "front": nobody there', []],
    ['no bytes', { capture: async () => new Uint8Array(0) }, 'the picture is empty (0 bytes)', ['front.bin']],
    ['bytes that are no picture', { capture: async () => Buffer.from('hello') }, 'are no picture', ['front.bin']],
    ['a truncated picture', { capture: async () => pictureOf({ complete: false }) }, 'truncated', ['front.jpg']],
    [
      'a picture of 100 megapixels',
      { capture: async () => pictureOf({ width: 10_000, height: 10_000 }) },
      '100 megapixels',
      ['front.jpg'],
    ],
    [
      'a model that fails',
      { models: [testModel({ id: 'm1', modelName: 'marker' }, failing)] },
      'camera "front": model "m1" (marker): no answer',
      ['front.jpg'],
    ],
    [
      'a camera rule that throws',
      {
        rule: () => {
          throw new Error('a bug');
        },
      },
      'camera "front": test_rule failed: a bug',
      ['front.jpg'],
    ],
  ];

  it.each(damaged)('is undecided and says what failed: %s', async (_what, change, error, binaries) => {
    const states: ItemState[] = [];
    const result = await inspect(testStation([testCamera(change)]), { states });
    expect(result.decision).toBe('NO_DECISION');
    expect(result.error).toContain(error);
    expect(result.error).toMatch(/^camera "front": /);
    expect(result.camera_decisions.front?.decision).toBe('NO_DECISION');
    expect(result.camera_decisions.front?.reason).not.toBe('');
    expect(result.binaries).toEqual(binaries);
    expect(states).toEqual(WHOLE_RUN);
    for (const name of binaries) expect(await stored(name)).toBeDefined();
  });

  it.each(damaged)(
    'is never OK by a rule that would have been content with one camera of two: %s',
    async (_what, change) => {
      const itemRule = bindItemRule({ name: 'min_threshold_ok_ratio_rule', parameters: { min_threshold: 0.5 } });
      const station = testStation([testCamera(change), testCamera({ id: 'back' })], { itemRule });
      const result = await inspect(station);
      expect(result.camera_decisions.back?.decision).toBe('OK');
      expect(result.decision).toBe('NO_DECISION');
    },
  );

  it.each(damaged)('stays KO when another camera suffices for it: %s', async (_what, change) => {
    const bad = testCamera({ id: 'back', models: [testModel({ id: 'classifier' }, classified('bad'))] });
    const result = await inspect(testStation([testCamera(change), bad]));
    expect(result).toMatchObject({ decision: 'KO', camera_decisions: { back: { decision: 'KO' } } });
    expect(result.error).not.toBeNull();
    expect(result.inferences.back).toBeDefined();
  });

  it('keeps the results of the models that did run, and has none of a camera that failed', async () => {
    const models = [testModel({ id: 'm1' }, classified('good')), testModel({ id: 'm2' }, failing)];
    const cameras = [testCamera({ models }), testCamera({ id: 'back', capture: away })];
    const result = await inspect(testStation(cameras));
    expect(result.inferences).toEqual({ front: { m1: { full_image: { label: 'good', probability: 0.9 } } } });
    expect(result.error).toBe('camera "front": model "m2": no answer; camera "back": nobody there');
  });

  it('is undecided with an item rule that throws, and keeps what the cameras said', async () => {
    const itemRule = () => {
      throw new Error('a bug');
    };
    const result = await inspect(testStation([testCamera()], { itemRule }));
    expect(result).toMatchObject({ decision: 'NO_DECISION', error: 'the item rule failed: a bug' });
    expect(result.camera_decisions.front?.decision).toBe('OK');
    expect(result.binaries).toEqual(['front.jpg']);
  });

  it('is undecided when a picture cannot be saved; its models run all the same', async () => {
    tools = { ...tools, binaryStorage: { ...binaryStorage, put: () => Promise.reject(new Error('the disk is full')) } };
    const result = await inspect(testStation([testCamera()]));
    expect(result).toMatchObject({
      decision: 'NO_DECISION',
      error: 'camera "front": the picture could not be saved: the disk is full',
      binaries: [],
      inferences: { front: { classifier: { full_image: { label: 'good' } } } },
    });
  });

  it('does not wait longer than its time for a storage that hangs', async () => {
    const hanging = { ...binaryStorage, put: () => new Promise<never>(() => {}) };
    tools = { ...tools, writeTimeoutMs: 1, binaryStorage: hanging };
    const result = await inspect(testStation([testCamera()]));
    expect(result.error).toBe(
      'camera "front": the picture could not be saved: saving front.jpg did not end within 1 ms',
    );
  });

  it('ends when it is cancelled, undecided', async () => {
    const cancel = new AbortController();
    const captured = Promise.withResolvers<void>();
    const model = testModel({ id: 'slow' }, (_image, _box, signal) => {
      captured.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled'))));
    });
    const running = inspect(testStation([testCamera({ models: [model] })]), { signal: cancel.signal });
    await captured.promise;
    cancel.abort();
    expect(await running).toMatchObject({ decision: 'NO_DECISION', error: 'camera "front": model "slow": cancelled' });
    expect(tools.inFlight.waiting).toBe(0);
  });
});

describe('an inspection that waits for a place in flight', () => {
  /** Takes all places in flight; gives the function that frees one. */
  const occupy = (): (() => void) => {
    tools = { ...tools, inFlight: createTurns(1) };
    return tools.inFlight.tryTake() ?? (() => {});
  };
  const untilWaiting = async (count = 1): Promise<void> => {
    while (tools.inFlight.waiting < count) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Runs an inspection that waits; `meanwhile` happens between its saving and its models. */
  const inspectAfterWaiting = async (meanwhile: () => Promise<void>, station?: Station) => {
    const free = occupy();
    const states: ItemState[] = [];
    const result = inspect(station ?? testStation([testCamera()]), { states });
    await untilWaiting();
    expect(states).toEqual(['Capture', 'Save Binaries']);
    await meanwhile();
    free();
    return { result: await result, states };
  };

  it('has its picture taken and saved, and inspects what was saved', async () => {
    const seen: Uint8Array[] = [];
    const model = testModel({ id: 'classifier' }, async ({ bytes }) => {
      seen.push(bytes);
      return classified('good');
    });
    const saved = pictureOf({ name: 'read back' });
    const { result, states } = await inspectAfterWaiting(
      async () => {
        expect(await stored('front.jpg')).toBeDefined();
        await binaryStorage.put({ config: 'line', itemId: 'item', name: 'front.jpg' }, saved, never);
      },
      testStation([testCamera({ models: [model] })]),
    );
    expect(result).toMatchObject({ decision: 'OK', error: null, binaries: ['front.jpg'] });
    expect(seen).toEqual([saved]);
    expect(states).toEqual(WHOLE_RUN);
  });

  it('holds no picture in memory', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const free = occupy();
    let bytes: Uint8Array | null = pictureOf({ name: 'x'.repeat(1_000) });
    const picture = new WeakRef(bytes);
    const given = new Map([['front', bytes]]);
    bytes = null;
    tools = { ...tools, binaryStorage: { ...binaryStorage, put: async () => {}, get: async () => pictureOf() } };
    const result = inspect(testStation([testCamera()]), { given });
    await untilWaiting();
    collectGarbage();
    expect(picture.deref()).toBeUndefined();
    free();
    expect((await result).decision).toBe('OK');
  });

  it.each([
    [
      'gone',
      async () => binaryStorage.delete({ config: 'line', itemId: 'item', name: 'front.jpg' }, never),
      'it is gone from the storage',
    ],
    [
      'damaged',
      async () =>
        binaryStorage.put({ config: 'line', itemId: 'item', name: 'front.jpg' }, pictureOf({ complete: false }), never),
      'the picture is truncated',
    ],
  ])('is undecided when the saved picture is %s by then', async (_what, meanwhile, reason) => {
    const itemRule = bindItemRule({ name: 'min_threshold_ok_ratio_rule', parameters: { min_threshold: 0 } });
    const { result } = await inspectAfterWaiting(meanwhile, testStation([testCamera()], { itemRule }));
    expect(result).toMatchObject({
      decision: 'NO_DECISION',
      error: `camera "front": the saved picture could not be read back: ${reason}`,
      inferences: {},
    });
  });

  it('says once what was wrong with its picture from the start', async () => {
    const station = testStation([testCamera({ capture: async () => pictureOf({ complete: false }) })]);
    const { result } = await inspectAfterWaiting(async () => {}, station);
    expect(result).toMatchObject({ error: 'camera "front": the picture is truncated', binaries: ['front.jpg'] });
  });

  it('gives its place back whatever happens', async () => {
    const free = occupy();
    const failed = inspect(testStation([testCamera({ capture: away })]));
    await untilWaiting();
    free();
    await failed;
    expect(tools.inFlight.tryTake()).not.toBeNull();
  });

  it('never makes a capture wait', async () => {
    occupy();
    const captures: string[] = [];
    const station = testStation([
      testCamera({
        capture: async () => {
          captures.push('taken');
          return pictureOf();
        },
      }),
    ]);
    for (let index = 0; index < 100; index += 1) void inspect(station, { item: newTestItem(`item-${index}`) });
    await untilWaiting(100);
    expect(captures).toHaveLength(100);
  });
});

describe('a burst', () => {
  it('is captured at once, and counts what waits for the disk until it is saved', async () => {
    const saves: (() => void)[] = [];
    const put = () => new Promise<void>((resolve) => saves.push(resolve));
    const unsavedPictures = createUnsavedPictures(5 * pictureOf().byteLength);
    tools = { ...tools, binaryStorage: { ...binaryStorage, put }, unsavedPictures, inFlight: createTurns(9) };
    const station = testStation([testCamera({ capture: async () => pictureOf() })]);
    const running = ['a', 'b', 'c', 'd', 'e'].map((id) => inspect(station, { item: newTestItem(id) }));
    while (saves.length < 5) await new Promise((resolve) => setImmediate(resolve));
    expect(unsavedPictures.isFull).toBe(true);
    for (const save of saves) save();
    expect((await Promise.all(running)).map(({ decision }) => decision)).toEqual(Array(5).fill('OK'));
    expect(unsavedPictures.isFull).toBe(false);
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fakeModelForward } from '../adapters/model-forwards/fake-model-forward.ts';
import { AppError } from '../domain/errors.ts';
import type { GraphNode } from '../domain/model-graph.ts';
import { testContext } from '../ports/context.test-support.ts';
import type { ModelForward } from '../ports/model-forward.ts';
import type { StationContext } from './adapter-context.ts';
import { createCameraDevices } from './camera-devices.ts';
import { builtInKinds } from './kinds.ts';
import { openStation, type StationParts } from './open-station.ts';
import { imageFolder, planOfCamera, planOfStation } from './station-plan.test-support.ts';

const never = new AbortController().signal;

let context: StationContext;
/** Names of the models that are loaded and not closed. */
let loaded: string[];
let parts: StationParts;

beforeEach(async () => {
  context = { ...(await testContext()), kinds: builtInKinds };
  await imageFolder(context.root, ['1.jpg', '2.jpg']);
  loaded = [];
  parts = {
    devices: createCameraDevices(context),
    modelForward: await watchedForward(),
    deadline: null,
    kinds: builtInKinds,
  };
});

/** The fake forward; counts what is loaded, and cannot load models whose name begins with `broken`. */
async function watchedForward(): Promise<ModelForward> {
  const forward = await fakeModelForward.open({ seed: 1, delay_ms: 0 }, context);
  return {
    ...forward,
    async load(model, signal) {
      if (model.name.startsWith('broken')) throw new AppError('MODEL_INVALID', `model "${model.name}": no such file`);
      const { close, ...rest } = await forward.load(model, signal);
      loaded.push(model.name);
      let isOpen = true;
      return {
        ...rest,
        async close() {
          if (!isOpen) return;
          isOpen = false;
          loaded.splice(loaded.indexOf(model.name), 1);
          await close();
        },
      };
    },
  };
}

const node = (modelName: string, id = modelName): GraphNode => ({ id, modelName, dependsOn: [], classToDetect: null });

describe('opening a station', () => {
  it('gives its cameras in the order of the config, with models, rules and metadata', async () => {
    const cameras = [planOfCamera({ id: 'z', graph: [node('m1', 'first'), node('m2')] }), planOfCamera({ id: 'a' })];
    const open = await openStation(planOfStation(cameras), parts, never);
    const { station, raw } = open;
    expect(raw).toEqual({ written: 'config' });
    expect(station).toMatchObject({ configName: 'line', configDigest: 'digest of line' });
    expect(station.cameras.map(({ id, models }) => [id, models.map((model) => model.node.id)])).toEqual([
      ['z', ['first', 'm2']],
      ['a', []],
    ]);
    expect(station.cameras[0]?.models[0]?.model.name).toBe('m1');
    expect(station.cameras[0]).toMatchObject({ ruleName: 'expected_label_rule', metadata: { source: 'parts' } });
    expect(station.cameras[0]?.rule(['good'])).toBe('OK');
    expect(station.itemRule(['OK', 'KO'])).toBe('KO');
    expect(Buffer.from((await station.cameras[0]?.capture(never)) ?? []).toString()).toBe('1.jpg');
    expect(await open.unreachableCameras(never)).toEqual([]);
    await open.close();
  });

  it('loads a model once, however many places it stands in', async () => {
    const cameras = ['a', 'b'].map((id) => planOfCamera({ id, graph: [node('m1', 'first'), node('m1', 'second')] }));
    await openStation(planOfStation(cameras), parts, never);
    expect(loaded).toEqual(['m1']);
  });

  it('names every model that cannot be loaded, and leaves nothing open', async () => {
    const graph = [node('m1'), node('broken-1'), node('m2'), node('broken-2')];
    const opening = openStation(planOfStation([planOfCamera({ graph })]), parts, never);
    await expect(opening).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: 'model "broken-1": no such file; model "broken-2": no such file',
    });
    expect(loaded).toEqual([]);
  });

  it('leaves nothing open when a camera breaks it', async () => {
    const good = planOfCamera({ graph: [node('m1')] });
    const broken = planOfCamera({ id: 'back', options: { input_images_folder: '../outside' } });
    await expect(openStation(planOfStation([good, broken]), parts, never)).rejects.toThrow();
    expect(loaded).toEqual([]);
    // the first camera was given back: it is opened anew and begins from the start
    const { station } = await openStation(planOfStation([good]), parts, never);
    expect(Buffer.from((await station.cameras[0]?.capture(never)) ?? []).toString()).toBe('1.jpg');
  });

  it('says which cameras are away, opens all the same, and takes pictures once they are there', async () => {
    const away = planOfCamera({ id: 'back', options: { input_images_folder: 'nowhere' } });
    const open = await openStation(planOfStation([planOfCamera(), away]), parts, never);
    const reasons = await open.unreachableCameras(never);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(/^camera "back": .*nowhere/);
    await expect(open.station.cameras[1]?.capture(never)).rejects.toThrow('nowhere');
    await mkdir(join(context.root, 'data/nowhere'));
    await writeFile(join(context.root, 'data/nowhere/1.jpg'), 'it came');
    expect(await open.unreachableCameras(never)).toEqual([]);
    expect(Buffer.from((await open.station.cameras[1]?.capture(never)) ?? []).toString()).toBe('it came');
  });

  it('is given up when it is cancelled', async () => {
    const plan = planOfStation([planOfCamera({ graph: [node('m1')] })]);
    await expect(openStation(plan, parts, AbortSignal.abort())).rejects.toThrow();
    expect(loaded).toEqual([]);
  });

  it('hands an unchanged camera over from the station before, and closes twice without complaint', async () => {
    const plan = planOfStation([planOfCamera({ graph: [node('m1')] })]);
    const before = await openStation(plan, parts, never);
    expect(Buffer.from((await before.station.cameras[0]?.capture(never)) ?? []).toString()).toBe('1.jpg');
    const after = await openStation(plan, parts, never);
    await before.close();
    await before.close();
    expect(loaded).toEqual(['m1']);
    expect(Buffer.from((await after.station.cameras[0]?.capture(never)) ?? []).toString()).toBe('2.jpg');
    await after.close();
    expect(loaded).toEqual([]);
    await expect(after.station.cameras[0]?.capture(never)).rejects.toThrow('closed');
  });
});

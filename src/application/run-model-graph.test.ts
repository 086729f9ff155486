import { describe, expect, it } from 'vitest';
import type { Image } from '../domain/image.ts';
import type { Location, Prediction } from '../domain/prediction.ts';
import { classified, detected, LEFT_HALF, never, testModel } from './inspection.test-support.ts';
import { runModelGraph } from './run-model-graph.ts';

const image: Image = {
  bytes: new Uint8Array(1),
  mediaType: 'image/jpeg',
  extension: 'jpg',
  width: 64,
  height: 48,
  complete: true,
};
const RIGHT_HALF: Location = [0.5, 0, 1, 1];

const failing = async (): Promise<never> => Promise.reject(new Error('the server is away'));

/** A model that answers with what it was shown as label: `left`, `right`, or `all` of the image. */
const placing = async (_image: Image, box: Location | null): Promise<Prediction> =>
  classified(box === null ? 'all' : box[0] === 0 ? 'left' : 'right');

describe('a graph of models', () => {
  it('gives nothing and no failure without models', async () => {
    const outcome = await runModelGraph([], image, never);
    expect(outcome).toEqual({ results: {}, labels: [], failures: [], warnings: [], timings: {} });
  });

  it('shows the full image to a model without dependencies', async () => {
    const { results, labels } = await runModelGraph([testModel({ id: 'classifier' }, placing)], image, never);
    expect(results).toEqual({ classifier: { full_image: { label: 'all', probability: 0.9 } } });
    expect(labels).toEqual(['all']);
  });

  it('gives label, place and score of every object, and its metadata where the model can say any', async () => {
    const objects = detected({ label: 'a', metadata: null }, { label: 'b', location: RIGHT_HALF, score: 0.5 });
    const { results, labels } = await runModelGraph([testModel({ id: 'detector' }, objects)], image, never);
    expect(results.detector).toStrictEqual({
      object_1: { label: 'a', location: LEFT_HALF, score: 0.9, metadata: null },
      object_2: { label: 'b', location: RIGHT_HALF, score: 0.5 },
    });
    expect(labels).toEqual(['a', 'b']);
  });

  it('shows a classifier one crop per object, whose id its result keeps', async () => {
    const models = [
      testModel({ id: 'detector' }, detected('x', { location: RIGHT_HALF })),
      testModel({ id: 'classifier', dependsOn: ['detector'] }, placing),
    ];
    const { results, labels } = await runModelGraph(models, image, never);
    expect(results.classifier).toEqual({
      object_1: { label: 'left', probability: 0.9 },
      object_2: { label: 'right', probability: 0.9 },
    });
    expect(labels).toEqual(['left', 'right']);
  });

  it('shows a model that depends on a classifier what the classifier saw', async () => {
    const models = [
      testModel({ id: 'first' }, classified('a')),
      testModel({ id: 'second', dependsOn: ['first'] }, placing),
    ];
    expect((await runModelGraph(models, image, never)).results.second).toEqual({
      full_image: { label: 'all', probability: 0.9 },
    });
    const behindDetector = [
      testModel({ id: 'detector' }, detected('x', { location: RIGHT_HALF })),
      testModel({ id: 'first', dependsOn: ['detector'] }, classified('a')),
      testModel({ id: 'second', dependsOn: ['first'] }, placing),
    ];
    const { results } = await runModelGraph(behindDetector, image, never);
    expect(Object.entries(results.second ?? {}).map(([id, { label }]) => [id, label])).toEqual([
      ['object_1', 'left'],
      ['object_2', 'right'],
    ]);
  });

  it('names the objects of a detector in a crop after both, and places them on the full image', async () => {
    const models = [
      testModel({ id: 'outer' }, detected('x', { location: [0.5, 0.2, 0.9, 0.6] })),
      testModel({ id: 'inner', dependsOn: ['outer'] }, detected({ label: 'y', location: [0.25, 0.5, 0.75, 1] })),
    ];
    expect((await runModelGraph(models, image, never)).results.inner).toEqual({
      object_1_object_1: { label: 'y', location: [0.125, 0.5, 0.375, 1], score: 0.9 },
      object_2_object_1: { label: 'y', location: [0.6, 0.4, 0.8, 0.6], score: 0.9 },
    });
  });

  it('crops what a detector in a crop found out of the full image', async () => {
    const boxes: (Location | null)[] = [];
    const models = [
      testModel({ id: 'outer' }, detected({ location: RIGHT_HALF })),
      testModel({ id: 'inner', dependsOn: ['outer'] }, detected({ location: LEFT_HALF })),
      testModel({ id: 'last', dependsOn: ['inner'] }, async (_image, box) => {
        boxes.push(box);
        return classified('z');
      }),
    ];
    const { results } = await runModelGraph(models, image, never);
    expect(boxes).toEqual([[0.5, 0, 0.75, 1]]);
    expect(Object.keys(results.last ?? {})).toEqual(['object_1_object_1']);
  });

  it('begins the ids with the dependency where there are several', async () => {
    const models = [
      testModel({ id: 'model_id1' }, detected('x', { location: RIGHT_HALF })),
      testModel({ id: 'model_id2' }, detected({ location: RIGHT_HALF })),
      testModel({ id: 'classifier', dependsOn: ['model_id1', 'model_id2'] }, placing),
      testModel({ id: 'detector', dependsOn: ['model_id1', 'model_id2'] }, detected('y')),
    ];
    const { results } = await runModelGraph(models, image, never);
    expect(Object.entries(results.classifier ?? {}).map(([id, { label }]) => [id, label])).toEqual([
      ['model_id1_object_1', 'left'],
      ['model_id1_object_2', 'right'],
      ['model_id2_object_1', 'right'],
    ]);
    expect(Object.keys(results.detector ?? {})).toEqual([
      'model_id1_object_1_object_1',
      'model_id1_object_2_object_1',
      'model_id2_object_1_object_1',
    ]);
  });

  it.each([
    [
      ['b', 'a'],
      ['object_2', 'object_4', 'object_1'],
      ['b', 'b', 'a'],
    ],
    [['a', 'a'], ['object_1'], ['a']],
    [['c'], ['object_3'], ['c']],
    [['A', 'b '], [], []],
  ])('keeps only the labels of class_to_detect, in its order: %j', async (classToDetect, ids, labels) => {
    const model = testModel({ id: 'detector', classToDetect }, detected('a', 'b', 'c', 'b'));
    const outcome = await runModelGraph([model], image, never);
    expect(Object.keys(outcome.results.detector ?? {})).toEqual(ids);
    expect(outcome.labels).toEqual(labels);
  });

  it('gives class_to_detect no effect on a classifier', async () => {
    const model = testModel({ id: 'classifier', classToDetect: ['other'] }, classified('good'));
    expect((await runModelGraph([model], image, never)).labels).toEqual(['good']);
  });

  it('runs the models behind a detector that sees nothing on nothing', async () => {
    const models = [
      testModel({ id: 'detector' }, detected()),
      testModel({ id: 'classifier', dependsOn: ['detector'] }, failing),
    ];
    const outcome = await runModelGraph(models, image, never);
    expect(outcome).toMatchObject({ results: { detector: {}, classifier: {} }, labels: [], failures: [] });
  });

  it('lets the rule judge the model that is taken last', async () => {
    const models = [
      testModel({ id: 'detector' }, detected('x')),
      testModel({ id: 'classifier', dependsOn: ['detector'] }, classified('good')),
      testModel({ id: 'other' }, classified('alone')),
    ];
    expect((await runModelGraph(models, image, never)).labels).toEqual(['alone']);
  });

  it.each([
    ['the judged model', 'last', ['first', 'second']],
    ['a model whose dependents are judged', 'first', ['second']],
    ['a model that nobody judges', 'second', ['first', 'last']],
  ])('names %s that fails, keeps what the others gave, and has no labels', async (_what, failed, others) => {
    const answer = (id: string) => (id === failed ? failing : classified('good'));
    const models = [
      testModel({ id: 'first', modelName: 'marker' }, answer('first')),
      testModel({ id: 'second', modelName: 'marker' }, answer('second')),
      testModel({ id: 'last', modelName: 'marker', dependsOn: ['first'] }, answer('last')),
    ];
    const { results, labels, failures } = await runModelGraph(models, image, never);
    expect(Object.keys(results)).toEqual(others);
    expect(labels).toBeNull();
    expect(failures).toEqual([`model "${failed}" (marker): the server is away`]);
  });

  it('says the name of a model once where it is its id', async () => {
    const { failures } = await runModelGraph([testModel({ id: 'marker' }, failing)], image, never);
    expect(failures).toEqual(['model "marker": the server is away']);
  });

  it('fails a model of whose crops one fails, once all of them have ended', async () => {
    const slow = Promise.withResolvers<Prediction>();
    let isOver = false;
    const models = [
      testModel({ id: 'detector' }, detected('x', { location: RIGHT_HALF })),
      testModel({ id: 'classifier', dependsOn: ['detector'] }, (_image, box) =>
        box?.[0] === 0 ? failing() : slow.promise,
      ),
    ];
    const running = runModelGraph(models, image, never).then((outcome) => {
      isOver = true;
      return outcome;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    slow.resolve(classified('good'));
    const { results, failures } = await running;
    expect(Object.keys(results)).toEqual(['detector']);
    expect(failures).toEqual(['model "classifier": the server is away']);
  });

  it('runs each model once, and independent ones side by side', async () => {
    const both = Promise.withResolvers<void>();
    const started: string[] = [];
    const meeting = (id: string) =>
      testModel({ id }, async () => {
        started.push(id);
        if (started.length === 2) both.resolve();
        await both.promise;
        return detected('x');
      });
    const models = [
      meeting('first'),
      meeting('second'),
      testModel({ id: 'third', dependsOn: ['first'] }, classified('a')),
      testModel({ id: 'fourth', dependsOn: ['first', 'second'] }, classified('a')),
    ];
    const { results } = await runModelGraph(models, image, never);
    expect(started).toEqual(['first', 'second']);
    expect(Object.keys(results)).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('passes on the warnings of its models and adds up their times', async () => {
    const answer: Prediction = {
      kind: 'detection',
      objects: [],
      warnings: ['a box outside the image was dropped'],
      timingsMs: { decode: 2, model: 5 },
    };
    const models = [
      testModel({ id: 'detector' }, answer),
      testModel({ id: 'classifier' }, { ...classified('a'), timingsMs: { model: 3 } }),
    ];
    const { warnings, timings } = await runModelGraph(models, image, never);
    expect(warnings).toEqual(['model "detector": a box outside the image was dropped']);
    expect(timings).toEqual({ decode: 2, model: 8 });
  });
});

import { messageOf } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import type { GraphNode } from '../domain/model-graph.ts';
import type { Detection, InferenceResult, Location, ModelResults, Prediction } from '../domain/prediction.ts';
import { relocated } from '../domain/prediction.ts';
import type { StationModel } from './station.ts';

/** A part of the image that a model is shown: the whole of it (`box` null), or the crop of one object. */
interface View {
  /** Id of the object it shows, beginning with the dependency's id where there are several; null: the full image. */
  readonly id: string | null;
  readonly box: Location | null;
}

interface ModelOutcome {
  readonly results: ModelResults;
  /** What a model that depends on this one sees. */
  readonly views: readonly View[];
  readonly labels: readonly string[];
}

export interface GraphOutcome {
  /** Results by model id, in the order the models are taken; a model that failed is absent. */
  readonly results: Readonly<Record<string, ModelResults>>;
  /** Labels that the judged model gave, in the order of its results; null when it or a model before it failed. */
  readonly labels: readonly string[] | null;
  /** One sentence per model that failed. */
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
  /** Milliseconds spent by kind of work, over all models, where the forward tells. */
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * Runs the models of one camera over its picture: each once its dependencies have answered, independent ones side by
 * side. A model whose dependency failed is not run.
 */
export async function runModelGraph(
  models: readonly StationModel[],
  image: Image,
  signal: AbortSignal,
): Promise<GraphOutcome> {
  const outcomes = new Map<string, Promise<ModelOutcome | null>>();
  const failures: string[] = [];
  const warnings: string[] = [];
  const timings: Record<string, number> = {};

  const predict = async ({ node, loaded }: StationModel, view: View): Promise<Prediction> => {
    const prediction = await loaded.predict(image, view.box, signal);
    for (const [work, duration] of Object.entries(prediction.timingsMs ?? {})) {
      timings[work] = (timings[work] ?? 0) + duration;
    }
    if (prediction.kind === 'detection') {
      warnings.push(...prediction.warnings.map((warning) => `${nameOf(node)}: ${warning}`));
    }
    return prediction;
  };

  const run = async (model: StationModel): Promise<ModelOutcome | null> => {
    const { node } = model;
    const dependencies = await Promise.all(node.dependsOn.map((id) => outcomes.get(id)));
    if (dependencies.some((outcome) => !outcome)) return null;
    try {
      const views = viewsOf(node, dependencies as readonly ModelOutcome[]);
      // all of them, also after one has failed: an item that is done leaves nothing running
      const answers = await Promise.allSettled(views.map((view) => predict(model, view)));
      return outcomeOf(node, views, answers.map(predictionOf), (sentence) =>
        warnings.push(`${nameOf(node)}: ${sentence}`),
      );
    } catch (error) {
      failures.push(`${nameOf(node)}: ${messageOf(error)}`);
      return null;
    }
  };

  for (const model of models) outcomes.set(model.node.id, run(model));
  const results: Record<string, ModelResults> = {};
  let judged: ModelOutcome | null = { results: {}, views: [], labels: [] };
  for (const { node } of models) {
    judged = (await outcomes.get(node.id)) ?? null;
    if (judged !== null) results[node.id] = judged.results;
  }
  return { results, labels: failures.length > 0 ? null : (judged?.labels ?? null), failures, warnings, timings };
}

function predictionOf(answer: PromiseSettledResult<Prediction>): Prediction {
  if (answer.status === 'rejected') throw answer.reason;
  return answer.value;
}

function nameOf(node: GraphNode): string {
  return node.id === node.modelName ? `model "${node.id}"` : `model "${node.id}" (${node.modelName})`;
}

function viewsOf(node: GraphNode, dependencies: readonly ModelOutcome[]): readonly View[] {
  if (dependencies.length === 0) return [{ id: null, box: null }];
  if (dependencies.length === 1) return dependencies.flatMap(({ views }) => views);
  return dependencies.flatMap(({ views }, index) =>
    views.map(({ id, box }) => ({ id: `${node.dependsOn[index]}_${id ?? FULL_IMAGE}`, box })),
  );
}

const FULL_IMAGE = 'full_image';

function outcomeOf(
  node: GraphNode,
  views: readonly View[],
  predictions: readonly Prediction[],
  warn: (sentence: string) => void,
): ModelOutcome {
  const results: Record<string, InferenceResult> = {};
  const seen: View[] = [];
  for (const [index, prediction] of predictions.entries()) {
    const view = views[index] ?? { id: null, box: null };
    if (prediction.kind === 'classification') {
      results[view.id ?? FULL_IMAGE] = { label: prediction.label, probability: prediction.probability };
      seen.push(view);
      continue;
    }
    for (const { position, label, location, score, metadata } of keptObjects(prediction, node.classToDetect)) {
      const id = view.id === null ? `object_${position}` : `${view.id}_object_${position}`;
      const box = view.box === null ? location : relocated(location, view.box);
      if (box === null) {
        warn(`${id} (${label}) is too small to be told from a point and is left out`);
        continue;
      }
      results[id] = { label, location: box, score, ...(metadata === undefined ? {} : { metadata }) };
      seen.push({ id, box });
    }
  }
  return { results, views: seen, labels: Object.values(results).map(({ label }) => label) };
}

/** The objects with one of these labels, in the order of the labels; all of them where no label is asked for. */
function keptObjects({ objects }: Detection, classToDetect: readonly string[] | null): Detection['objects'] {
  if (classToDetect === null) return objects;
  return [...new Set(classToDetect)].flatMap((label) => objects.filter((object) => object.label === label));
}

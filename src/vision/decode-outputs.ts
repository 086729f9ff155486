import { AppError } from '../domain/errors.ts';
import type { Model, OutputNames } from '../domain/model.ts';
import type { Prediction } from '../domain/prediction.ts';
import { type BoxRows, decodeBoxRows } from './box-rows-output.ts';
import { decodeClassification } from './classification-output.ts';
import type { Placement, Size } from './fit-view.ts';
import { decodeRawYolo } from './raw-yolo-output.ts';

/** One output of a run of a model, as real numbers. */
export interface OutputTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What a model's output tensors say. Rejects with `MODEL_FAILED` when they are not what the model's category needs. */
export function decodeOutputs(
  model: Model,
  outputs: readonly OutputTensor[],
  input: Size,
  placement: Placement,
): Prediction {
  if (model.category === 'classification') return decodeClassification(model, scoresOf(model, outputs).data);
  const [only, ...more] = outputs;
  if (only !== undefined && more.length === 0) {
    if (model.modelType !== 'yolo') {
      throw unexpected(
        model,
        outputs,
        'a Mobilenet detector has boxes, classes and scores; a raw yolo head needs "model_type": "yolo"',
      );
    }
    return decodeRawYolo(model, only, input, placement);
  }
  return decodeBoxRows(model, boxRowsOf(model, outputs), { order: orderOf(model), firstClass: 0, placement });
}

/** In which order a detector's file gives the edges of a box. */
export function orderOf({ modelType }: Model): 'xyxy' | 'yxyx' {
  return modelType === 'yolo' ? 'xyxy' : 'yxyx';
}

/** The one list of scores of a classifier. Throws `MODEL_FAILED`. */
export function scoresOf(model: Model, outputs: readonly OutputTensor[]): OutputTensor {
  const lists = outputs.filter(({ shape }) => shape.slice(0, -1).every((axis) => axis === 1));
  const fitting = lists.length > 1 ? lists.filter(({ data }) => data.length === model.labels?.length) : lists;
  const [scores, ...more] = fitting;
  if (scores === undefined || more.length > 0) throw unexpected(model, outputs, 'a classifier has one list of scores');
  return scores;
}

/** The rows of a detector that has already decoded its boxes. Throws `MODEL_FAILED`. */
export function boxRowsOf(model: Model, outputs: readonly OutputTensor[]): BoxRows {
  const named = model.output === null ? null : rowsByName(model.output, outputs);
  const rows = named ?? rowsByShape(outputs);
  if (rows === null) {
    throw unexpected(
      model,
      outputs,
      'a detector has boxes [1, n, 4], classes [1, n], scores [1, n] and perhaps a count [1]',
    );
  }
  return rows;
}

function rowsByName(names: OutputNames, outputs: readonly OutputTensor[]): BoxRows | null {
  const named = (name: string | undefined): OutputTensor | undefined =>
    outputs.find((output) => output.name === name || output.name === `${name}:0`);
  const boxes = named(names.detection_boxes);
  const scores = named(names.detection_scores);
  const classes = named(names.detection_classes);
  if (boxes === undefined || scores === undefined || classes === undefined) return null;
  const count = named(names.number_of_boxes)?.data[0] ?? null;
  return { boxes: boxes.data, scores: scores.data, classes: classes.data, count };
}

function rowsByShape(outputs: readonly OutputTensor[]): BoxRows | null {
  const boxes = outputs.find(({ shape }) => shape.length === 3 && shape[0] === 1 && shape[2] === 4);
  if (boxes === undefined) return null;
  const rows = boxes.shape[1] as number;
  const others = outputs.filter((output) => output !== boxes);
  const lists = others.filter(({ shape }) => shape.length === 2 && shape[0] === 1 && shape[1] === rows);
  const counts = others.filter(({ shape, data }) => data.length === 1 && shape.length < 2);
  const [first, second, ...more] = lists;
  if (first === undefined || second === undefined || more.length > 0) return null;
  const scores = looksLikeScores(first, second) ? first : second;
  const classes = scores === first ? second : first;
  return { boxes: boxes.data, scores: scores.data, classes: classes.data, count: counts[0]?.data[0] ?? null };
}

/** Whether the first of two lists holds the scores: by name, else by its numbers, else no (classes come first as a rule). */
function looksLikeScores(first: OutputTensor, second: OutputTensor): boolean {
  if (/score/i.test(first.name) || /class/i.test(second.name)) return true;
  if (/score/i.test(second.name) || /class/i.test(first.name)) return false;
  return !holdsClasses(first) && holdsClasses(second);
}

function holdsClasses({ data }: OutputTensor): boolean {
  return Array.from(data).every(Number.isInteger);
}

function unexpected(model: Model, outputs: readonly OutputTensor[], expected: string): AppError {
  const found = outputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
  return new AppError('MODEL_FAILED', `model "${model.name}" answered with ${found || 'no output'}; ${expected}`);
}

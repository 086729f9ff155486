import type { Model } from '../../../domain/model.ts';
import type { Detection } from '../../../domain/prediction.ts';
import { boxRowsOf, type OutputTensor, orderOf, scoresOf } from '../../../vision/decode-outputs.ts';
import type { Placement, Size } from '../../../vision/fit-view.ts';
import { decodeRawYolo } from '../../../vision/raw-yolo-output.ts';

/** What stands under `outputs` of an answer: one nested list, or fields that hold one each. */
export interface ServedAnswer {
  readonly outputs: unknown;
  /** Sentences about what was left out. */
  readonly warnings: readonly string[];
}

/** Where the boxes of an answer lie. */
export interface ServedView {
  /** Size of the model's input. */
  readonly input: Size;
  /** Null: boxes stay fractions of the model's input, and the head of a yolo model stays as it is. */
  readonly placement: Placement | null;
}

interface ServedRow {
  /** `[xmin, ymin, xmax, ymax]`. */
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  /** Counted from 0. */
  readonly classId: number;
}

const SAME_PLACE: Placement = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };

/**
 * What a model's output tensors are in the answers of TensorFlow Serving that a station understands: scores `[[…]]`, or
 * fields named by the inventory's `output` (`detection_boxes`, `detection_scores`, `detection_classes` where it names
 * none). Mobilenet boxes are `[ymin, xmin, ymax, xmax]` with classes from 1, those of yolo `[xmin, ymin, xmax, ymax]` with
 * classes from 0. Throws `MODEL_FAILED` when the tensors are not what the model's category needs.
 */
export function servedAnswer(model: Model, outputs: readonly OutputTensor[], view: ServedView): ServedAnswer {
  if (model.category === 'classification') {
    return { outputs: [Array.from(scoresOf(model, outputs).data)], warnings: [] };
  }
  const [only, ...more] = outputs;
  if (only === undefined || more.length > 0) {
    return { outputs: fieldsOf(model, placedRows(model, outputs, view.placement ?? SAME_PLACE)), warnings: [] };
  }
  if (view.placement === null && isYolo(model)) return { outputs: nested(only), warnings: [] };
  const found = decodeRawYolo(model, only, view.input, view.placement ?? SAME_PLACE);
  return { outputs: fieldsOf(model, detectedRows(model, found)), warnings: found.warnings };
}

/** Lengths of the axes of every list of an answer by its name; −1 where each picture has a length of its own. */
export function servedShapes(model: Model, { outputs }: ServedAnswer): Readonly<Record<string, readonly number[]>> {
  if (Array.isArray(outputs)) return { outputs: shapeOf(outputs) };
  const fields = Object.entries(outputs as Readonly<Record<string, unknown>>);
  const boxes = model.output?.detection_boxes ?? 'detection_boxes';
  return Object.fromEntries(
    fields.map(([name, value]) => [name, name === boxes ? [1, -1, 4] : shapeOf(value).length === 1 ? [1] : [1, -1]]),
  );
}

function isYolo({ category, modelType }: Model): boolean {
  return category === 'object_detection' && modelType === 'yolo';
}

function placedRows(model: Model, outputs: readonly OutputTensor[], place: Placement): readonly ServedRow[] {
  const { boxes, scores, classes, count } = boxRowsOf(model, outputs);
  const isXFirst = orderOf(model) === 'xyxy';
  const length = Math.min(scores.length, count ?? scores.length);
  return Array.from({ length }, (_, row): ServedRow => {
    const at = (edge: number): number => boxes[4 * row + (isXFirst ? edge : edge ^ 1)] as number;
    const box = [
      at(0) * place.scaleX + place.offsetX,
      at(1) * place.scaleY + place.offsetY,
      at(2) * place.scaleX + place.offsetX,
      at(3) * place.scaleY + place.offsetY,
    ] as const;
    return { box, score: scores[row] as number, classId: classes[row] as number };
  });
}

function detectedRows(model: Model, { objects }: Detection): readonly ServedRow[] {
  return objects.map(({ label, location, score }) => ({
    box: location,
    score,
    classId: model.labels === null ? Number(label) : model.labels.indexOf(label),
  }));
}

function fieldsOf(model: Model, rows: readonly ServedRow[]): Readonly<Record<string, unknown>> {
  const names = model.output ?? {};
  const firstClass = model.category === 'object_detection' && model.modelType === 'Mobilenet' ? 1 : 0;
  const edges = isYolo(model) ? ([0, 1, 2, 3] as const) : ([1, 0, 3, 2] as const);
  return {
    [names.detection_boxes ?? 'detection_boxes']: [rows.map(({ box }) => edges.map((edge) => box[edge]))],
    [names.detection_scores ?? 'detection_scores']: [rows.map(({ score }) => score)],
    [names.detection_classes ?? 'detection_classes']: [rows.map(({ classId }) => classId + firstClass)],
    ...(names.number_of_boxes === undefined ? {} : { [names.number_of_boxes]: [rows.length] }),
    ...(names.detection_metadata === undefined ? {} : { [names.detection_metadata]: [rows.map(() => null)] }),
  };
}

/** A tensor as lists of lists. */
function nested({ shape, data }: OutputTensor): unknown {
  let lists: unknown[] = Array.from(data);
  for (const length of shape.slice(1).reverse()) {
    lists = Array.from({ length: lists.length / length }, (_, index) =>
      lists.slice(index * length, (index + 1) * length),
    );
  }
  return lists;
}

function shapeOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

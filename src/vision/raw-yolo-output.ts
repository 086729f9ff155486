import { AppError } from '../domain/errors.ts';
import { labelOf, type Model } from '../domain/model.ts';
import { clippedLocation, type Detection, type Location } from '../domain/prediction.ts';
import type { Placement, Size } from './fit-view.ts';

/** An undecoded yolo answer: `[1, 4 + classes, n]` or `[1, n, 4 + classes]`, boxes as `[x_center, y_center, width, height]`. */
export interface RawHead {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

interface Candidate {
  readonly classId: number;
  readonly score: number;
  /** `[x_center, y_center, width, height]` as the head says it. */
  readonly box: readonly [number, number, number, number];
}

interface Box {
  readonly candidate: Candidate;
  readonly location: Location;
}

/** Coordinates above this are pixels of the model's input, not fractions of it. */
const LARGEST_FRACTION = 2;

/**
 * Objects of a raw head from the best score down: scores from the threshold up, then non-maximum suppression across all classes.
 * Rejects with `MODEL_FAILED` when the head and the labels differ in their number of classes.
 */
export function decodeRawYolo(model: Model, head: RawHead, input: Size, placement: Placement): Detection {
  const candidates = candidatesOf(model, head);
  const inPixels = candidates.some(({ box }) => box.some((coordinate) => Math.abs(coordinate) > LARGEST_FRACTION));
  const [unitX, unitY] = inPixels ? input : [1, 1];
  const boxes: Box[] = [];
  for (const candidate of candidates) {
    const [x, y, width, height] = candidate.box;
    const location = clippedLocation(
      ((x - width / 2) / unitX) * placement.scaleX + placement.offsetX,
      ((y - height / 2) / unitY) * placement.scaleY + placement.offsetY,
      ((x + width / 2) / unitX) * placement.scaleX + placement.offsetX,
      ((y + height / 2) / unitY) * placement.scaleY + placement.offsetY,
    );
    if (location !== null) boxes.push({ candidate, location });
  }
  const left = candidates.length - boxes.length;
  const kept = withoutOverlaps(boxes, model.iouThreshold);
  return {
    kind: 'detection',
    objects: kept.map(({ candidate, location }, index) => ({
      position: index + 1,
      label: labelOf(model, candidate.classId) as string,
      location,
      score: candidate.score,
      metadata: null,
    })),
    warnings:
      left === 0 ? [] : [`${left} boxes of model "${model.name}" are left out: they are empty or outside the image`],
  };
}

/** Candidates from the threshold up, best score first. */
function candidatesOf(model: Model, head: RawHead): readonly Candidate[] {
  const { rows, columns, transposed } = axesOf(model, head);
  const at = transposed
    ? (row: number, column: number): number => head.data[row * columns + column] as number
    : (row: number, column: number): number => head.data[column * rows + row] as number;
  const found: Candidate[] = [];
  for (let row = 0; row < rows; row += 1) {
    let best = 4;
    for (let column = 5; column < columns; column += 1) if (at(row, column) > at(row, best)) best = column;
    const score = at(row, best);
    if (Number.isNaN(score)) {
      throw new AppError('MODEL_FAILED', `model "${model.name}" answered with a score that is not a number`);
    }
    if (score < model.objectnessThreshold) continue;
    found.push({ classId: best - 4, score, box: [at(row, 0), at(row, 1), at(row, 2), at(row, 3)] });
  }
  return found.sort((a, b) => b.score - a.score);
}

/** `rows` candidates of `columns` numbers each; `transposed` when the candidates are the outer axis. */
function axesOf(model: Model, { shape, data }: RawHead): { rows: number; columns: number; transposed: boolean } {
  const [batch, first, second] = shape;
  if (
    shape.length !== 3 ||
    batch !== 1 ||
    first === undefined ||
    second === undefined ||
    data.length !== first * second
  ) {
    throw new AppError(
      'MODEL_FAILED',
      `model "${model.name}" answered with shape [${shape.join(', ')}]; a yolo head is [1, 4 + classes, n] or [1, n, 4 + classes]`,
    );
  }
  const columns =
    model.labels === null ? Math.min(...[first, second].filter((axis) => axis > 4)) : 4 + model.labels.length;
  if (columns === first) return { rows: second, columns, transposed: false };
  if (columns === second) return { rows: first, columns, transposed: true };
  throw new AppError(
    'MODEL_FAILED',
    `model "${model.name}" answered with a yolo head [${shape.join(', ')}], which is ${Math.min(first, second) - 4} classes, ` +
      `but has ${model.labels?.length ?? 'no'} labels`,
    { details: { shape, labels: model.labels?.length ?? null } },
  );
}

/** Boxes, best first, without those that overlap a better one by more than the threshold, whatever their classes. */
function withoutOverlaps(boxes: readonly Box[], iouThreshold: number): readonly Box[] {
  const kept: Box[] = [];
  for (const box of boxes) {
    if (kept.every((better) => intersectionOverUnion(better.location, box.location) <= iouThreshold)) kept.push(box);
  }
  return kept;
}

/** Shared area of two boxes divided by the area they cover together, 0…1. */
export function intersectionOverUnion(a: Location, b: Location): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  const area = (box: Location): number => (box[2] - box[0]) * (box[3] - box[1]);
  return shared / (area(a) + area(b) - shared);
}

import { AppError } from '../domain/errors.ts';
import { labelOf, type Model } from '../domain/model.ts';
import { clippedLocation, type DetectedObject, type Detection } from '../domain/prediction.ts';
import type { Placement } from './fit-view.ts';

/** A detector's answer with one row per box, as an SSD post-process or a server that has already decoded gives it. */
export interface BoxRows {
  /** Four numbers a row, fractions of the model's input. */
  readonly boxes: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
  readonly classes: ArrayLike<number>;
  /** Only the first n rows count; null: all of them. */
  readonly count: number | null;
  /** One value a row, for models that say something beside label and box; undefined for those that cannot. */
  readonly metadata?: readonly unknown[] | undefined;
}

export interface BoxRowsForm {
  /** `yxyx` = `[ymin, xmin, ymax, xmax]`, `xyxy` = `[xmin, ymin, xmax, ymax]`. */
  readonly order: 'yxyx' | 'xyxy';
  /** The number that the first class has in the answer. */
  readonly firstClass: 0 | 1;
  readonly placement: Placement;
}

/** Objects in the order of the answer. Rejects with `MODEL_FAILED` for rows that do not fit together or a class without a label. */
export function decodeBoxRows(model: Model, rows: BoxRows, form: BoxRowsForm): Detection {
  const count = rowCount(model, rows);
  const objects: DetectedObject[] = [];
  const warnings: string[] = [];
  for (let row = 0; row < count; row += 1) {
    const score = rows.scores[row] as number;
    if (!Number.isFinite(score)) {
      throw new AppError('MODEL_FAILED', `model "${model.name}" answered with a score that is not a number`);
    }
    if (score < model.objectnessThreshold) continue;
    const label = rowLabel(model, rows.classes[row] as number, form.firstClass);
    const location = rowLocation(rows.boxes, row, form);
    if (location === null) {
      warnings.push(`object_${row + 1} of model "${model.name}" is left out: its box is empty or outside the image`);
      continue;
    }
    const metadata = rows.metadata === undefined ? {} : { metadata: rows.metadata[row] ?? null };
    objects.push({ position: row + 1, label, location, score, ...metadata });
  }
  return { kind: 'detection', objects, warnings };
}

function rowCount(model: Model, rows: BoxRows): number {
  const length = rows.scores.length;
  if (rows.boxes.length !== length * 4 || rows.classes.length !== length) {
    const counts = `${rows.boxes.length / 4} boxes, ${length} scores and ${rows.classes.length} classes`;
    throw new AppError('MODEL_FAILED', `model "${model.name}" answered with ${counts}; each box needs one of each`);
  }
  if (rows.count === null) return length;
  if (!Number.isInteger(rows.count) || rows.count < 0) {
    throw new AppError('MODEL_FAILED', `model "${model.name}" answered with ${rows.count} as its number of boxes`);
  }
  return Math.min(length, rows.count);
}

function rowLabel(model: Model, classNumber: number, firstClass: number): string {
  const known = Number.isInteger(classNumber) && classNumber >= firstClass;
  if (known && model.labels === null) return String(classNumber);
  const label = known ? labelOf(model, classNumber - firstClass) : undefined;
  if (label !== undefined) return label;
  const last = firstClass + (model.labels?.length ?? 0) - 1;
  const expected = model.labels === null ? `whole numbers from ${firstClass}` : `${firstClass} to ${last}`;
  throw new AppError(
    'MODEL_FAILED',
    `model "${model.name}" answered with class ${classNumber}, but its classes are ${expected}`,
  );
}

function rowLocation(boxes: ArrayLike<number>, row: number, { order, placement }: BoxRowsForm) {
  const at = (index: number): number => boxes[row * 4 + index] as number;
  const [xmin, ymin, xmax, ymax] = order === 'xyxy' ? [at(0), at(1), at(2), at(3)] : [at(1), at(0), at(3), at(2)];
  return clippedLocation(
    xmin * placement.scaleX + placement.offsetX,
    ymin * placement.scaleY + placement.offsetY,
    xmax * placement.scaleX + placement.offsetX,
    ymax * placement.scaleY + placement.offsetY,
  );
}

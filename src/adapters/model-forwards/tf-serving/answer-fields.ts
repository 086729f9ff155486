import { AppError } from '../../../domain/errors.ts';
import type { Model } from '../../../domain/model.ts';
import { isRecord } from '../servers/json-answer.ts';

/** The error of an answer that is not in the expected form. */
export function unexpectedAnswer(model: Model, what: string): AppError {
  return new AppError('MODEL_FAILED', `model "${model.name}" answered in an unexpected form: ${what}`);
}

/** What stands under `outputs`. */
export function outputsOf(model: Model, answer: unknown): unknown {
  if (isRecord(answer) && 'outputs' in answer) return answer.outputs;
  throw unexpectedAnswer(model, 'there is no "outputs"');
}

/** The one element of a list `[…]` that stands for a batch of one picture. */
export function onlyElement(model: Model, value: unknown, name: string): readonly unknown[] {
  const [only, ...more] = Array.isArray(value) ? (value as unknown[]) : [];
  if (Array.isArray(only) && more.length === 0) return only;
  throw unexpectedAnswer(model, `"${name}" is not a list of one list`);
}

export function numbersOf(model: Model, values: readonly unknown[], name: string): readonly number[] {
  if (values.every((value) => typeof value === 'number')) return values as readonly number[];
  throw unexpectedAnswer(model, `"${name}" holds something that is not a number`);
}

/** Lengths of the axes of nested lists of numbers; null where they are not even. */
export function shapeOf(value: unknown): readonly number[] | null {
  if (!Array.isArray(value)) return typeof value === 'number' ? [] : null;
  const shapes = value.map(shapeOf);
  const [first] = shapes;
  if (first === undefined) return [0];
  if (first === null) return null;
  const even = shapes.every((shape) => shape !== null && shape.join() === first.join());
  return even ? [value.length, ...first] : null;
}

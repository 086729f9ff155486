import type { Model } from '../../../domain/model.ts';
import type { BoxRows } from '../../../vision/box-rows-output.ts';
import { isRecord } from '../servers/json-answer.ts';
import { numbersOf, onlyElement, unexpectedAnswer } from './answer-fields.ts';

/** The rows of an answer whose fields the model's `output` names, each `[[…]]`. Throws `MODEL_FAILED`. */
export function servedBoxes(model: Model, outputs: unknown): BoxRows {
  if (!isRecord(outputs)) throw unexpectedAnswer(model, '"outputs" has no fields');
  const names = model.output ?? {};
  const list = (name: string): readonly unknown[] => {
    if (!(name in outputs)) throw unexpectedAnswer(model, `there is no "${name}"`);
    return onlyElement(model, outputs[name], name);
  };
  const scoresName = names.detection_scores ?? 'detection_scores';
  const classesName = names.detection_classes ?? 'detection_classes';
  return {
    boxes: boxesOf(model, list(names.detection_boxes ?? 'detection_boxes')),
    scores: numbersOf(model, list(scoresName), scoresName),
    classes: numbersOf(model, list(classesName), classesName),
    count:
      names.number_of_boxes === undefined
        ? null
        : countOf(model, outputs[names.number_of_boxes], names.number_of_boxes),
    metadata: names.detection_metadata === undefined ? undefined : list(names.detection_metadata),
  };
}

function boxesOf(model: Model, boxes: readonly unknown[]): readonly number[] {
  if (!boxes.every((box) => Array.isArray(box) && box.length === 4)) {
    throw unexpectedAnswer(model, 'a box is not a list of four numbers');
  }
  return numbersOf(model, boxes.flat(), 'boxes');
}

/** A number of boxes comes alone, as `[n]` or as `[[n]]`. */
function countOf(model: Model, value: unknown, name: string): number {
  const count: unknown = Array.isArray(value) ? value.flat()[0] : value;
  if (typeof count === 'number') return count;
  throw unexpectedAnswer(model, `"${name}" is not a number`);
}

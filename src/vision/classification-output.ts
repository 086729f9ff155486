import { AppError } from '../domain/errors.ts';
import { labelOf, type Model } from '../domain/model.ts';
import type { Classification } from '../domain/prediction.ts';

/** The class with the highest score; the first one where several share it. Rejects with `MODEL_FAILED` when scores and labels differ in number. */
export function decodeClassification(model: Model, scores: ArrayLike<number>): Classification {
  if (scores.length === 0) throw new AppError('MODEL_FAILED', `model "${model.name}" answered without a score`);
  if (model.labels !== null && scores.length !== model.labels.length) {
    const counts = { scores: scores.length, labels: model.labels.length };
    throw new AppError(
      'MODEL_FAILED',
      `model "${model.name}" answered with ${counts.scores} scores but has ${counts.labels} labels`,
      { details: counts },
    );
  }
  let best = 0;
  for (let index = 0; index < scores.length; index += 1) {
    const score = scores[index];
    if (!Number.isFinite(score)) {
      throw new AppError('MODEL_FAILED', `model "${model.name}" answered with a score that is not a number`);
    }
    if ((score as number) > (scores[best] as number)) best = index;
  }
  const label = labelOf(model, best) as string;
  return { kind: 'classification', label, probability: scores[best] as number };
}

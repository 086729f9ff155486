import { AppError } from '../../../domain/errors.ts';
import type { Image } from '../../../domain/image.ts';
import type { Model } from '../../../domain/model.ts';
import type { Location, Prediction, PredictionTimings } from '../../../domain/prediction.ts';
import type { Placement } from '../../../vision/fit-view.ts';
import { isRecord } from '../servers/json-answer.ts';
import type { ModelServer } from '../servers/model-server.ts';
import { askModel, parseAnswer, takesPictures } from './ask-model.ts';
import { servingWrappers } from './wrappers.ts';

/** What came of sending a picture file. */
export interface PictureAnswer {
  /** Null: the server does not take pictures any more, ask with JSON. */
  readonly prediction: Prediction | null;
}

/** Boxes of the answer are fractions of the view already. */
const SAME_PLACE: Placement = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };
const ANY_SIZE = [1, 1] as const;

/**
 * Sends the picture as it was captured: the server decodes, crops, resizes and normalises by its own inventory. Rejects as
 * `LoadedModel.predict` does.
 */
export async function askWithPicture(
  server: ModelServer,
  model: Model,
  { image, box }: { readonly image: Image; readonly box: Location | null },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PictureAnswer> {
  const start = performance.now();
  const question = {
    body: image.bytes,
    mediaType: image.mediaType,
    query: box === null ? '' : `?box=${box.join(',')}`,
  };
  const answer = await askModel(server, model, question, timeoutMs, signal);
  if (!takesPictures(answer)) return { prediction: null };
  const content = parseAnswer(server, model, answer);
  const wrapper = servingWrappers[model.category];
  const prediction = wrapper.decode(model, content, model.imageResolution ?? ANY_SIZE, SAME_PLACE);
  const timingsMs = timingsOf(content, performance.now() - start);
  if (prediction.kind === 'classification') return { prediction: { ...prediction, timingsMs } };
  const warnings = [...warningsOf(content), ...prediction.warnings];
  return { prediction: { ...prediction, warnings, timingsMs } };
}

/** Whether an error says that the server takes pictures where a body of JSON was too large for it. */
export function wantsPicture(error: unknown): boolean {
  return error instanceof AppError && error.details.takesPictures === true && error.details.status === 413;
}

/** The server's own times; the rest of the way there and back counts as the model's. */
function timingsOf(content: unknown, totalMs: number): PredictionTimings {
  const { timings_ms } = isRecord(content) ? content : {};
  const { decode, resize } = isRecord(timings_ms) ? timings_ms : {};
  if (typeof decode !== 'number' || typeof resize !== 'number') return { model: totalMs };
  return { decode, resize, model: Math.max(0, totalMs - decode - resize) };
}

function warningsOf(content: unknown): readonly string[] {
  const { warnings } = isRecord(content) ? content : {};
  return Array.isArray(warnings) ? warnings.filter((warning) => typeof warning === 'string') : [];
}

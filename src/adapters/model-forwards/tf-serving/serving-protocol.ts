import type { Model } from '../../../domain/model.ts';
import type { Location, Prediction } from '../../../domain/prediction.ts';
import type { Pixels } from '../../../vision/decode-image.ts';

/** What a serving worker is asked: one prediction. */
export interface ServingRequest {
  /** Address of the server, with user and password where it has any. */
  readonly url: string;
  readonly timeoutMs: number;
  readonly model: Model;
  readonly pixels: Pixels;
  readonly box: Location | null;
}

export interface ServingResult {
  readonly prediction: Prediction;
  /** Whether the server says that it takes picture files as well. */
  readonly takesPictures: boolean;
}

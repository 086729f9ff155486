import type { Model } from '../../../domain/model.ts';
import type { Location } from '../../../domain/prediction.ts';
import type { Pixels } from '../../../vision/decode-image.ts';

/** What an infer worker is asked: one prediction. */
export interface InferCall {
  /** Address of the server, with user and password where it has any. */
  readonly url: string;
  readonly timeoutMs: number;
  /** Whether tensors travel as they lie in memory. */
  readonly isBinary: boolean;
  readonly model: Model;
  readonly pixels: Pixels;
  readonly box: Location | null;
}

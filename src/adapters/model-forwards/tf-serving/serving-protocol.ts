import type { Model } from '../../../domain/model.ts';
import type { Location } from '../../../domain/prediction.ts';
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

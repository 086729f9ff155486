import type { Model, Normalization, Resize } from '../../../domain/model.ts';
import type { Prediction } from '../../../domain/prediction.ts';
import type { Placement, Size } from '../../../vision/fit-view.ts';

/** How models of one category are asked over HTTP, and what their answers mean. */
export interface ServingWrapper {
  /** Whether the inventory must say `image_resolution`: the server does not tell it. */
  readonly needsResolution: boolean;
  readonly normalization: Normalization;
  /** The size the picture is sent in; null: its own. */
  size(model: Model): Size | null;
  resize(model: Model): Resize;
  /** What stands in the request beside the picture. */
  fields(model: Model): Readonly<Record<string, string>>;
  /** The prediction that an answer stands for; `input` is the size the picture was sent in. Throws `MODEL_FAILED`. */
  decode(model: Model, answer: unknown, input: Size, placement: Placement): Prediction;
}

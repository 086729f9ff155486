import type { z } from 'zod';
import type { Image } from '../domain/image.ts';
import type { Kind } from '../domain/kind.ts';
import type { Model } from '../domain/model.ts';
import type { Location, Prediction } from '../domain/prediction.ts';
import type { AdapterContext } from './context.ts';

/** A model that is loaded, warmed and ready. */
export interface LoadedModel {
  /** SHA-256 of the model file, hex; null where the model lives elsewhere. */
  readonly digest: string | null;
  /**
   * What the model says of a view: the whole image (`box` null) or a crop of it.
   * Rejects with `IMAGE_UNREADABLE`, `MODEL_FAILED`, `MODEL_SERVER_UNREACHABLE` or `TIMEOUT`; a call that exceeds the
   * forward's own timeout is ended, not left running.
   */
  predict(image: Image, box: Location | null, signal: AbortSignal): Promise<Prediction>;
  /** Lets the model go once the last user has closed it; a second call does nothing. */
  close(): Promise<void>;
}

/** How models are run. One is open per process; stations load their models from it. */
export interface ModelForward {
  /** Loads and warms a model. Rejects with `MODEL_INVALID`, naming model and reason. The same model loaded twice is shared. */
  load(model: Model, signal: AbortSignal): Promise<LoadedModel>;
  /** Whether the model could be loaded, without keeping it: the reason it could not, or null. Opens no connection. */
  inspect(model: Model): Promise<string | null>;
  /** Resolves when predictions could succeed now; rejects with the reason. Sends no prediction. */
  check(signal: AbortSignal): Promise<void>;
  /** Ends every worker and connection; a second call does nothing. */
  close(): Promise<void>;
}

export interface ModelForwardKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<ModelForward>;
}

export function defineModelForward<const Type extends string, Shape extends z.ZodRawShape>(
  kind: ModelForwardKind<Type, Shape>,
): ModelForwardKind<Type, Shape> {
  return kind;
}

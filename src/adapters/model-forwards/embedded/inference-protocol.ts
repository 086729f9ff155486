import type { Model } from '../../../domain/model.ts';
import type { Location } from '../../../domain/prediction.ts';
import type { Pixels } from '../../../vision/decode-image.ts';
import type { EnginePreparation } from './engines/index.ts';

/** A model file and what the inventory says of it. */
export interface ModelSource {
  readonly model: Model;
  /** Path relative to the edge root, for messages. */
  readonly file: string;
  readonly ending: string;
  readonly preparation: EnginePreparation;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
}

/** What is asked of a loaded model; the answers of a server are JSON, as text. */
export type ModelRequest =
  | { readonly do: 'predict'; readonly pixels: Pixels; readonly box: Location | null }
  | { readonly do: 'answer-picture'; readonly pixels: Pixels; readonly box: Location | null; readonly decodeMs: number }
  | { readonly do: 'answer-tensor'; readonly body: Uint8Array };

/** What an inference worker is asked; `key` names a loaded model. */
export type InferenceRequest =
  | { readonly do: 'load'; readonly key: string; readonly source: ModelSource }
  | { readonly do: 'unload'; readonly key: string }
  | (ModelRequest & { readonly key: string });

import type { OutputTensor } from '../../../../vision/decode-outputs.ts';
import type { InputData, InputType, Quantisation } from '../../../../vision/input-tensor.ts';
import type { PictureInput } from '../../../../vision/picture-input.ts';

/** What a model file says of its input. */
export interface EngineInput extends PictureInput {
  readonly type: InputType;
  /** Null for float inputs, and where the file does not say. */
  readonly quantisation: Quantisation | null;
}

/** A model as an engine holds it. */
export interface EngineModel {
  readonly input: EngineInput;
  /** Runs the model on an input that `fill` writes; `shape` has no open axis. One run at a time. */
  run(shape: readonly number[], fill: (input: InputData) => void): Promise<readonly OutputTensor[]>;
  /** Gives the memory back; the model cannot be run any more. */
  release(): Promise<void>;
}

/** A technology that runs model files. The thread that calls it is blocked while a model runs. */
export interface Engine {
  /** Rejects with an error whose message says what is wrong with the file. */
  load(file: Uint8Array): Promise<EngineModel>;
}

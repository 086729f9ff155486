import type { InputData, InputType, Quantisation } from '../../../../vision/input-tensor.ts';

/** What a model file says of its input. */
export interface EngineInput {
  readonly type: InputType;
  /** Length of each axis; null where the file leaves it open. */
  readonly shape: readonly (number | null)[];
  /** Null for float inputs, and where the file does not say. */
  readonly quantisation: Quantisation | null;
}

/** One output of a run, as real numbers. */
export interface OutputTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
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

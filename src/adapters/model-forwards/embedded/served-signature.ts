/** How a served model looks to those that ask it: one input of a picture, and the lists of its answer. */
export interface ServedSignature {
  readonly input: {
    /** `float32`: x/127 − 1; `uint8`: bytes 0…255. */
    readonly type: 'float32' | 'uint8';
    /** `[1, height, width, 3]`; −1 where any length is taken. */
    readonly shape: readonly number[];
  };
  /** Lengths of the axes by field; a bare list is called `outputs`. −1: each picture has a length of its own. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

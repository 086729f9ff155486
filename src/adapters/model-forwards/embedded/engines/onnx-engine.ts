import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { OutputTensor } from '../../../../vision/decode-outputs.ts';
import type { InputData, InputType } from '../../../../vision/input-tensor.ts';
import type { Engine, EngineInput, EngineModel } from './engine.ts';

const SESSION: InferenceSession.SessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 };
const INPUT_TYPES: readonly string[] = ['float32', 'uint8', 'int8'] satisfies readonly InputType[];

/** Runs `.onnx` files with ONNX Runtime, one thread a session: the workers are what uses the cores. */
export function createOnnxEngine(): Engine {
  return {
    async load(file) {
      // The runtime refuses memory that threads share.
      const session = await InferenceSession.create(Uint8Array.from(file), SESSION);
      try {
        return loadedSession(session);
      } catch (error) {
        await session.release();
        throw error;
      }
    },
  };
}

function loadedSession(session: InferenceSession): EngineModel {
  const input = inputOf(session);
  const name = session.inputNames[0] as string;
  let memory: InputData | null = null;
  return {
    input,
    async run(shape, fill) {
      const length = shape.reduce((product, axis) => product * axis, 1);
      if (memory?.length !== length) memory = memoryOf(input.type, length);
      fill(memory);
      const answers = await session.run({ [name]: new Tensor(input.type, memory as never, shape) });
      return session.outputNames.map((output) => outputOf(output, answers[output]));
    },
    release: () => session.release(),
  };
}

function inputOf(session: InferenceSession): EngineInput {
  const [input, ...more] = session.inputMetadata;
  if (input === undefined || more.length > 0) {
    throw new Error(`it takes ${session.inputMetadata.length} inputs, where one picture is given`);
  }
  if (!input.isTensor || !INPUT_TYPES.includes(input.type)) {
    throw new Error(
      `its input is ${input.isTensor ? input.type : 'no tensor'}; ${INPUT_TYPES.join(', ')} are possible`,
    );
  }
  const shape = input.shape.map((axis) => (typeof axis === 'number' && axis > 0 ? axis : null));
  return { type: input.type as InputType, shape, quantisation: null };
}

function memoryOf(type: InputType, length: number): InputData {
  if (type === 'float32') return new Float32Array(length);
  return type === 'uint8' ? new Uint8Array(length) : new Int8Array(length);
}

function outputOf(name: string, answer: Tensor | undefined): OutputTensor {
  if (answer === undefined || answer.type === 'string') throw new Error(`its output "${name}" holds no numbers`);
  const { data } = answer;
  const numbers = data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data;
  return { name, shape: answer.dims, data: numbers as ArrayLike<number> };
}

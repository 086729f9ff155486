import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import type { LiteRt } from '@litertjs/core';
import type { OutputTensor } from '../../../../vision/decode-outputs.ts';
import type { InputData, InputType, Quantisation } from '../../../../vision/input-tensor.ts';
import type { Engine, EngineInput, EngineModel } from './engine.ts';
import { LITERT_FOLDER, type LiteRtBuild } from './litert-build.ts';
import { readTfliteFile, type TfliteFile, type TfliteTensor } from './tflite-file.ts';
import { WebAssembly } from './web-assembly.ts';

type Wasm = LiteRt['liteRtWasm'];
type Environment = ReturnType<LiteRt['getDefaultEnvironment']>['liteRtEnvironment'];
type WasmModel = ReturnType<Wasm['loadModel']>;
type Compiled = Awaited<ReturnType<Wasm['compileModel']>>;
type TensorBuffer = ReturnType<Wasm['LiteRtTensorBuffer']['createManaged']>;
type TensorType = ReturnType<WasmModel['getInputTensorType']>;

interface WasmVector<Item> {
  size(): number;
  get(index: number): Item;
  delete(): void;
}

// LiteRT's numbers for element types.
const FLOAT32 = 1;
const INT32 = 2;
const UINT8 = 3;
const INT64 = 5;
const INT8 = 9;
const INPUT_TYPES: Readonly<Record<number, InputType>> = { [FLOAT32]: 'float32', [UINT8]: 'uint8', [INT8]: 'int8' };
const ELEMENT_TYPES = { float32: FLOAT32, uint8: UINT8, int8: INT8 } as const;

/**
 * Runs `.tflite` files with LiteRT's WebAssembly build.
 * Its tensors are used directly, as the public ones know no int8 and would copy every input twice.
 */
export async function createLiteRtEngine(build: LiteRtBuild): Promise<Engine> {
  const wasm = await startLiteRt(build);
  const environment = wasm.LiteRtEnvironment.create(null);
  return {
    async load(file) {
      const tflite = readTfliteFile(file);
      const at = wasm._malloc(tflite.bytes.byteLength);
      wasm.HEAPU8.set(tflite.bytes, at);
      const opened: { delete(): void }[] = [];
      const release = (): void => {
        for (const thing of opened.splice(0).reverse()) thing.delete();
        wasm._free(at);
      };
      try {
        const model = wasm.loadModel(environment, at, tflite.bytes.byteLength);
        opened.push(model);
        const options = { accelerator: 'wasm', cpuOptions: { numThreads: 1 } } as const;
        const compiled = await wasm.compileModel(environment, model, options);
        opened.push(compiled);
        const input = inputOf(model, tflite);
        const memory = createInputMemory(wasm, environment, input.type);
        opened.push(memory);
        return loadedModel(wasm, { compiled, names: outputNames(model, tflite), tflite, input, memory, release });
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

interface Loaded {
  readonly compiled: Compiled;
  readonly names: readonly string[];
  readonly tflite: TfliteFile;
  readonly input: EngineInput;
  readonly memory: InputMemory;
  release(): void;
}

function loadedModel(wasm: Wasm, { compiled, names, tflite, input, memory, release }: Loaded): EngineModel {
  let released = false;
  return {
    input,
    async run(shape, fill) {
      const outputs = await compiled.run(0, [memory.filled(shape, fill)]);
      try {
        return outputs.map((output, index) => readOutput(wasm, output, names[index] ?? '', tflite.outputs[index]));
      } finally {
        for (const output of outputs) output.delete();
      }
    },
    async release() {
      if (released) return;
      released = true;
      release();
    },
  };
}

function inputOf(model: WasmModel, tflite: TfliteFile): EngineInput {
  if (tflite.inputs.length !== 1) {
    throw new Error(`it takes ${tflite.inputs.length} inputs, where one picture is given`);
  }
  const tensorType = model.getInputTensorType(0, 0);
  try {
    const type = INPUT_TYPES[tensorType.elementType().value];
    if (type === undefined) throw new Error('its input is neither float32 nor uint8 nor int8');
    const shape = shapeOf(tensorType).map((axis) => (axis > 0 ? axis : null));
    return { type, shape, quantisation: tflite.inputs[0]?.quantisation ?? null };
  } finally {
    tensorType.delete();
  }
}

/** The input of a model inside the engine's memory: written in place, kept between runs. */
interface InputMemory {
  filled(shape: readonly number[], fill: (input: InputData) => void): TensorBuffer;
  delete(): void;
}

function createInputMemory(wasm: Wasm, environment: Environment, type: InputType): InputMemory {
  let buffer: TensorBuffer | null = null;
  let shapeOfBuffer = '';

  function bufferOf(shape: readonly number[]): TensorBuffer {
    if (buffer !== null && shapeOfBuffer === shape.join()) return buffer;
    buffer?.delete();
    buffer = createBuffer(wasm, environment, type, shape);
    shapeOfBuffer = shape.join();
    return buffer;
  }

  return {
    filled(shape, fill) {
      const target = bufferOf(shape);
      const at = target.lock(wasm.LiteRtTensorBufferLockMode.WRITE);
      try {
        fill(inputView(wasm, type, at, target.packedSize()));
      } finally {
        target.unlock();
      }
      return target;
    },
    delete() {
      buffer?.delete();
      buffer = null;
    },
  };
}

function createBuffer(wasm: Wasm, environment: Environment, type: InputType, shape: readonly number[]): TensorBuffer {
  const axes = new wasm.VectorInt32();
  for (const axis of shape) axes.push_back(axis);
  const layout = wasm.LiteRtLayout.create(axes);
  axes.delete();
  const tensorType = wasm.LiteRtRankedTensorType.create({ value: ELEMENT_TYPES[type] }, layout);
  layout.delete();
  try {
    const { HOST_MEMORY } = wasm.LiteRtTensorBufferType;
    return wasm.LiteRtTensorBuffer.createManaged(environment, HOST_MEMORY, tensorType, tensorType.bytes());
  } finally {
    tensorType.delete();
  }
}

/** Made anew for every run: the engine's memory moves when it grows. */
function inputView(wasm: Wasm, type: InputType, at: number, bytes: number): InputData {
  const { buffer } = wasm.HEAPU8;
  if (type === 'float32') return new Float32Array(buffer, at, bytes / 4);
  return type === 'uint8' ? new Uint8Array(buffer, at, bytes) : new Int8Array(buffer, at, bytes);
}

/** Names of the signature where there is one, as people know them; else those of the tensors. */
function outputNames(model: WasmModel, tflite: TfliteFile): readonly string[] {
  if (model.getNumSignatures() === 0) return tflite.outputs.map(({ name }) => name);
  const signature = model.getSignature(0);
  try {
    return listOf(signature.outputNames() as WasmVector<string>);
  } finally {
    signature.delete();
  }
}

function readOutput(wasm: Wasm, output: TensorBuffer, name: string, info: TfliteTensor | undefined): OutputTensor {
  const tensorType = output.tensorType();
  try {
    const shape = shapeOf(tensorType).map((axis) => (axis > 0 ? axis : 1));
    const at = output.lock(wasm.LiteRtTensorBufferLockMode.READ);
    try {
      const bytes = wasm.HEAPU8.slice(at, at + output.packedSize());
      return { name, shape, data: realNumbers(bytes, tensorType.elementType().value, info?.quantisation ?? null) };
    } finally {
      output.unlock();
    }
  } finally {
    tensorType.delete();
  }
}

function realNumbers(bytes: Uint8Array, elementType: number, quantisation: Quantisation | null): ArrayLike<number> {
  switch (elementType) {
    case FLOAT32:
      return new Float32Array(bytes.buffer);
    case INT32:
      return new Int32Array(bytes.buffer);
    case INT64:
      return Array.from(new BigInt64Array(bytes.buffer), Number);
    case UINT8:
      return dequantised(bytes, quantisation);
    case INT8:
      return dequantised(new Int8Array(bytes.buffer), quantisation);
    default:
      throw new Error(`an output has the element type ${elementType}, which is not supported`);
  }
}

function dequantised(numbers: Uint8Array | Int8Array, quantisation: Quantisation | null): ArrayLike<number> {
  if (quantisation === null) return numbers;
  return Float32Array.from(numbers, (number) => (number - quantisation.zeroPoint) * quantisation.scale);
}

function shapeOf(tensorType: TensorType): readonly number[] {
  const layout = tensorType.layout();
  try {
    return listOf(layout.dimensions());
  } finally {
    layout.delete();
  }
}

function listOf<Item>(vector: WasmVector<Item>): readonly Item[] {
  const list = Array.from({ length: vector.size() }, (_, index) => vector.get(index));
  vector.delete();
  return list;
}

/**
 * The package's own loader is made for browsers. Its glue script is a CommonJS module inside a package of ES modules,
 * so it is evaluated here as what it is; its log lines (notes about GPUs that are not there) are dropped.
 */
async function startLiteRt({ build, code }: LiteRtBuild): Promise<Wasm> {
  const file = join(LITERT_FOLDER, `${build}.js`);
  const module: { exports: unknown } = { exports: {} };
  const parameters = ['exports', 'module', 'require', '__filename', '__dirname'];
  const evaluate = compileFunction(await readFile(file, 'utf8'), parameters, { filename: file });
  evaluate(module.exports, module, createRequire(file), file, LITERT_FOLDER);
  const start = module.exports as (options: object) => Promise<Wasm>;
  const silent = (): void => undefined;
  return await new Promise<Wasm>((resolve, reject) => {
    const instantiateWasm = (imports: object, use: (instance: object) => void): object => {
      WebAssembly.instantiate(code, imports).then(use).catch(reject);
      return {};
    };
    start({ instantiateWasm, print: silent, printErr: silent }).then(resolve, reject);
  });
}

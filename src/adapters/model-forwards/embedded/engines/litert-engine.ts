import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import type { LiteRt } from '@litertjs/core';
import type { InputData, InputType, Quantisation } from '../../../../vision/input-tensor.ts';
import type { Engine, EngineInput, EngineModel, OutputTensor } from './engine.ts';
import { readTfliteFile, type TfliteFile, type TfliteTensor } from './tflite-file.ts';

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

/** Faster builds first; a processor without relaxed SIMD takes the second. */
const BUILDS = ['litert_wasm_internal', 'litert_wasm_compat_internal'] as const;

const FLOAT32 = 1;
const UINT8 = 3;
const INT8 = 9;
const INPUT_TYPES: Readonly<Record<number, InputType>> = { [FLOAT32]: 'float32', [UINT8]: 'uint8', [INT8]: 'int8' };

/**
 * Runs `.tflite` files with LiteRT's WebAssembly build.
 * Its tensors are used directly, as the public ones know no int8 and would copy every input twice.
 */
export async function createLiteRtEngine(): Promise<Engine> {
  const wasm = await startLiteRt();
  const environment = wasm.LiteRtEnvironment.create(null);
  return {
    async load(file) {
      const tflite = readTfliteFile(file);
      const memory = wasm._malloc(tflite.bytes.byteLength);
      wasm.HEAPU8.set(tflite.bytes, memory);
      const opened: { delete(): void }[] = [];
      const release = (): void => {
        for (const thing of opened.splice(0).reverse()) thing.delete();
        wasm._free(memory);
      };
      try {
        const model = wasm.loadModel(environment, memory, tflite.bytes.byteLength);
        opened.push(model);
        const options = { accelerator: 'wasm', cpuOptions: { numThreads: 1 } } as const;
        const compiled = await wasm.compileModel(environment, model, options);
        opened.push(compiled);
        const { input, buffer } = inputOf(wasm, environment, model, tflite);
        opened.push(buffer);
        return loadedModel(wasm, { compiled, model, tflite, input, buffer, release });
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

interface Loaded {
  readonly compiled: Compiled;
  readonly model: WasmModel;
  readonly tflite: TfliteFile;
  readonly input: EngineInput;
  readonly buffer: TensorBuffer;
  release(): void;
}

function loadedModel(wasm: Wasm, { compiled, model, tflite, input, buffer, release }: Loaded): EngineModel {
  const names = outputNames(model, tflite);
  let released = false;
  return {
    input,
    async run(_shape, fill) {
      const at = buffer.lock(wasm.LiteRtTensorBufferLockMode.WRITE);
      try {
        fill(inputMemory(wasm, input.type, at, buffer.packedSize()));
      } finally {
        buffer.unlock();
      }
      const outputs = await compiled.run(0, [buffer]);
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

function inputMemory(wasm: Wasm, type: InputType, at: number, bytes: number): InputData {
  const { buffer } = wasm.HEAPU8;
  if (type === 'float32') return new Float32Array(buffer, at, bytes / 4);
  return type === 'uint8' ? new Uint8Array(buffer, at, bytes) : new Int8Array(buffer, at, bytes);
}

function inputOf(
  wasm: Wasm,
  environment: Environment,
  model: WasmModel,
  tflite: TfliteFile,
): { input: EngineInput; buffer: TensorBuffer } {
  if (tflite.inputs.length !== 1)
    throw new Error(`it takes ${tflite.inputs.length} inputs, where one picture is given`);
  const tensorType = model.getInputTensorType(0, 0);
  try {
    const type = INPUT_TYPES[tensorType.elementType().value];
    if (type === undefined) throw new Error('its input is neither float32 nor uint8 nor int8');
    const input = { type, shape: shapeOf(tensorType), quantisation: tflite.inputs[0]?.quantisation ?? null };
    const { HOST_MEMORY } = wasm.LiteRtTensorBufferType;
    const buffer = wasm.LiteRtTensorBuffer.createManaged(environment, HOST_MEMORY, tensorType, tensorType.bytes());
    return { input, buffer };
  } finally {
    tensorType.delete();
  }
}

/** Names of the signature where there is one, as people know them; else those of the tensors. */
function outputNames(model: WasmModel, tflite: TfliteFile): readonly string[] {
  if (tflite.bytes.length === 0 || model.getNumSignatures() === 0) return tflite.outputs.map(({ name }) => name);
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
    const shape = shapeOf(tensorType);
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
    case 2:
      return new Int32Array(bytes.buffer);
    case 5:
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

async function startLiteRt(): Promise<Wasm> {
  const errors: unknown[] = [];
  for (const build of BUILDS) {
    try {
      return await loadBuild(build);
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, 'LiteRT cannot be started on this machine');
}

/**
 * The package's own loader is made for browsers. Its glue script is a CommonJS module inside a package of ES modules,
 * so it is evaluated here as what it is; its log lines (notes about GPUs that are not there) are dropped.
 */
async function loadBuild(build: string): Promise<Wasm> {
  const packageRequire = createRequire(import.meta.url);
  const folder = join(dirname(packageRequire.resolve('@litertjs/core')), '..', 'wasm');
  const file = join(folder, `${build}.js`);
  const module: { exports: unknown } = { exports: {} };
  const parameters = ['exports', 'module', 'require', '__filename', '__dirname'];
  const evaluate = compileFunction(await readFile(file, 'utf8'), parameters, { filename: file });
  evaluate(module.exports, module, createRequire(file), file, folder);
  const start = module.exports as (options: object) => Promise<Wasm>;
  const silent = (): void => undefined;
  return start({ locateFile: (name: string) => join(folder, name), print: silent, printErr: silent });
}

import type { Quantisation } from '../../../../vision/input-tensor.ts';

/** What a tensor of a `.tflite` file is called and how its whole numbers stand for real ones. */
export interface TfliteTensor {
  readonly name: string;
  /** Null where there is none, or one per channel. */
  readonly quantisation: Quantisation | null;
}

export interface TfliteFile {
  readonly inputs: readonly TfliteTensor[];
  readonly outputs: readonly TfliteTensor[];
  /** The file for the engine: the same bytes, or a copy without signatures where those have no names. */
  readonly bytes: Uint8Array;
}

// Field numbers of the tables in the public schema of TensorFlow Lite.
const MODEL_SUBGRAPHS = 2;
const MODEL_SIGNATURES = 7;
const SUBGRAPH_TENSORS = 0;
const SUBGRAPH_INPUTS = 1;
const SUBGRAPH_OUTPUTS = 2;
const TENSOR_NAME = 3;
const TENSOR_QUANTIZATION = 4;
const QUANTIZATION_SCALE = 2;
const QUANTIZATION_ZERO_POINT = 3;
const SIGNATURE_INPUTS = 0;
const SIGNATURE_OUTPUTS = 1;
const TENSOR_MAP_NAME = 0;

/** Reads the parts of a `.tflite` file that the engine does not tell. Throws for a file of another kind or one that is cut off. */
export function readTfliteFile(bytes: Uint8Array): TfliteFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (!isTflite(bytes)) throw new RangeError('the TFL3 mark is missing');
    const model = view.getUint32(0, true);
    const subgraph = vectorOfTables(view, model, MODEL_SUBGRAPHS)[0];
    if (subgraph === undefined) throw new RangeError('there is no graph in it');
    const tensors = vectorOfTables(view, subgraph, SUBGRAPH_TENSORS);
    const named = (field: number): TfliteTensor[] =>
      vectorOfInts(view, subgraph, field).map((index) => tensorAt(view, tensors[index]));
    return {
      inputs: named(SUBGRAPH_INPUTS),
      outputs: named(SUBGRAPH_OUTPUTS),
      bytes: signaturesHaveNames(view, model) ? bytes : withoutSignatures(bytes, model),
    };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Error(`it is no TensorFlow Lite file, or a broken one: ${cause.message}`, { cause });
  }
}

function isTflite(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', 4, 8) === 'TFL3';
}

function tensorAt(view: DataView, tensor: number | undefined): TfliteTensor {
  if (tensor === undefined) throw new RangeError('a tensor is missing');
  const name = stringAt(view, fieldTarget(view, tensor, TENSOR_NAME));
  return { name: name ?? '', quantisation: quantisationAt(view, fieldTarget(view, tensor, TENSOR_QUANTIZATION)) };
}

function quantisationAt(view: DataView, table: number | null): Quantisation | null {
  if (table === null) return null;
  const scales = fieldTarget(view, table, QUANTIZATION_SCALE);
  const zeroPoints = fieldTarget(view, table, QUANTIZATION_ZERO_POINT);
  if (scales === null || view.getUint32(scales, true) !== 1) return null;
  const zeroPoint = zeroPoints === null ? 0 : Number(view.getBigInt64(zeroPoints + 4, true));
  return { scale: view.getFloat32(scales + 4, true), zeroPoint };
}

/** The engine finds no input under a signature that names none, as some converters write. */
function signaturesHaveNames(view: DataView, model: number): boolean {
  const maps = vectorOfTables(view, model, MODEL_SIGNATURES).flatMap((signature) => [
    ...vectorOfTables(view, signature, SIGNATURE_INPUTS),
    ...vectorOfTables(view, signature, SIGNATURE_OUTPUTS),
  ]);
  return maps.every((map) => Boolean(stringAt(view, fieldTarget(view, map, TENSOR_MAP_NAME))));
}

function withoutSignatures(bytes: Uint8Array, model: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const table = model - view.getInt32(model, true);
  view.setUint16(table + 4 + MODEL_SIGNATURES * 2, 0, true);
  return copy;
}

/** Where a field of a table stands; null when the table leaves it out. */
function fieldAt(view: DataView, table: number, field: number): number | null {
  const layout = table - view.getInt32(table, true);
  const entry = 4 + field * 2;
  if (entry >= view.getUint16(layout, true)) return null;
  const offset = view.getUint16(layout + entry, true);
  return offset === 0 ? null : table + offset;
}

/** Where the vector, string or table that a field refers to stands. */
function fieldTarget(view: DataView, table: number, field: number): number | null {
  const at = fieldAt(view, table, field);
  return at === null ? null : at + view.getUint32(at, true);
}

function vectorLength(view: DataView, vector: number | null): number {
  if (vector === null) return 0;
  const length = view.getUint32(vector, true);
  if (length * 4 > view.byteLength) throw new RangeError('a list is longer than the file');
  return length;
}

function vectorOfTables(view: DataView, table: number, field: number): number[] {
  const vector = fieldTarget(view, table, field);
  return Array.from({ length: vectorLength(view, vector) }, (_, index) => {
    const at = (vector ?? 0) + 4 + index * 4;
    return at + view.getUint32(at, true);
  });
}

function vectorOfInts(view: DataView, table: number, field: number): number[] {
  const vector = fieldTarget(view, table, field);
  return Array.from({ length: vectorLength(view, vector) }, (_, index) =>
    view.getInt32((vector ?? 0) + 4 + index * 4, true),
  );
}

function stringAt(view: DataView, at: number | null): string | null {
  if (at === null) return null;
  const length = view.getUint32(at, true);
  if (at + 4 + length > view.byteLength) throw new RangeError('a name is longer than the file');
  return Buffer.from(view.buffer, view.byteOffset + at + 4, length).toString('utf8');
}

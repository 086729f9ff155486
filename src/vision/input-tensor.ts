import type { Normalization } from '../domain/model.ts';

export type InputType = 'float32' | 'uint8' | 'int8';
export type InputData = Float32Array | Uint8Array | Int8Array;
/** Order of the axes: pixel by pixel (`NHWC`) or one plane per colour (`NCHW`). */
export type Layout = 'NHWC' | 'NCHW';

/** How a whole number stands for a real one: `real = (number - zeroPoint) * scale`. */
export interface Quantisation {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The real value that a normalisation makes of a byte. */
export function normalized(byte: number, normalization: Normalization): number {
  switch (normalization) {
    case 'mobilenet':
      return byte / 127 - 1;
    case 'yolo':
      return byte / 255;
    case 'none':
      return byte;
    default:
      return normalization satisfies never;
  }
}

/**
 * What each byte 0…255 becomes in a model's input.
 * A whole-number input whose range is the normalisation's own, or that has nothing to do with it, takes the bytes as they are
 * (shifted to -128…127 for int8); one that holds the normalised values with room to spare takes those, quantised.
 */
export function byteValues(
  type: InputType,
  quantisation: Quantisation | null,
  normalization: Normalization,
): InputData {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  if (type === 'float32') return Float32Array.from(bytes, (byte) => normalized(byte, normalization));
  const lowest = type === 'int8' ? -128 : 0;
  const quantise = quantiserOf(quantisation, normalization, lowest);
  const values = bytes.map((byte) => (quantise === null ? byte + lowest : quantise(byte)));
  return type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values);
}

function quantiserOf(
  quantisation: Quantisation | null,
  normalization: Normalization,
  lowest: number,
): ((byte: number) => number) | null {
  if (quantisation === null || !(quantisation.scale > 0)) return null;
  const { scale, zeroPoint } = quantisation;
  const from = normalized(0, normalization);
  const to = normalized(255, normalization);
  const tensorFrom = (lowest - zeroPoint) * scale;
  const tensorTo = (lowest + 255 - zeroPoint) * scale;
  const tolerance = 0.03 * (to - from);
  const sameRange = Math.abs(from - tensorFrom) < tolerance && Math.abs(to - tensorTo) < tolerance;
  const fits = from >= tensorFrom - tolerance && to <= tensorTo + tolerance && to - from >= (tensorTo - tensorFrom) / 8;
  if (sameRange || !fits) return null;
  return (byte) => {
    const value = Math.round(normalized(byte, normalization) / scale) + zeroPoint;
    return Math.min(lowest + 255, Math.max(lowest, value));
  };
}

/** Fills a model's input with a view of its size, each byte replaced by its entry of the table. */
export function fillInput(rgb: Uint8Array, table: InputData, layout: Layout, input: InputData): void {
  const length = rgb.length;
  if (layout === 'NHWC') {
    for (let index = 0; index < length; index += 1) input[index] = table[rgb[index] as number] as number;
    return;
  }
  const plane = length / 3;
  for (let pixel = 0, index = 0; pixel < plane; pixel += 1, index += 3) {
    input[pixel] = table[rgb[index] as number] as number;
    input[plane + pixel] = table[rgb[index + 1] as number] as number;
    input[2 * plane + pixel] = table[rgb[index + 2] as number] as number;
  }
}

/** Fills a model's input with values that somebody else has normalised, pixel by pixel. */
export function fillInputWithFloats(values: Float32Array, layout: Layout, input: InputData): void {
  if (layout === 'NHWC') {
    input.set(values);
    return;
  }
  const plane = values.length / 3;
  for (let pixel = 0, index = 0; pixel < plane; pixel += 1, index += 3) {
    input[pixel] = values[index] as number;
    input[plane + pixel] = values[index + 1] as number;
    input[2 * plane + pixel] = values[index + 2] as number;
  }
}

/** The nearest bytes 0…255 that a normalisation makes these values of. */
export function nearestBytes(values: Float32Array, normalization: Normalization): Uint8Array<ArrayBuffer> {
  const lowest = normalized(0, normalization);
  const step = normalized(1, normalization) - lowest;
  // The array rounds to the nearest whole number and clamps by itself.
  const bytes = Uint8ClampedArray.from(values, (value) => (value - lowest) / step);
  return new Uint8Array(bytes.buffer);
}

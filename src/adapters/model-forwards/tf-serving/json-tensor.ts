import type { Normalization } from '../../../domain/model.ts';
import type { Rgb } from '../../../vision/fit-view.ts';
import { normalized } from '../../../vision/input-tensor.ts';

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

const tables = new Map<Normalization, readonly Uint8Array[]>();

/**
 * The body of a request: a view as nested JSON lists `[1, height, width, 3]` under `inputs`, then the other fields.
 * Numbers have as many digits as a 32-bit float can hold; each of the 256 is turned into text once.
 */
export function jsonBody(view: Rgb, normalization: Normalization, fields: Readonly<Record<string, string>>): Buffer {
  const texts = textsOf(normalization);
  const longest = Math.max(...texts.map((text) => text.length));
  const end = Buffer.from(
    `]${Object.entries(fields)
      .map(([key, value]) => `,"${key}":${JSON.stringify(value)}`)
      .join('')}}`,
  );
  const start = Buffer.from('{"inputs":[');
  const { width, height, data } = view;
  const body = Buffer.allocUnsafeSlow(
    start.length + end.length + data.length * (longest + 1) + width * height * 3 + height * 3 + 2,
  );
  body.set(start);
  let at = start.length;
  body[at++] = OPEN;
  for (let row = 0, index = 0; row < height; row += 1) {
    if (row > 0) body[at++] = COMMA;
    body[at++] = OPEN;
    for (let column = 0; column < width; column += 1) {
      if (column > 0) body[at++] = COMMA;
      body[at++] = OPEN;
      for (let colour = 0; colour < 3; colour += 1, index += 1) {
        if (colour > 0) body[at++] = COMMA;
        const text = texts[data[index] as number] as Uint8Array;
        for (let character = 0; character < text.length; character += 1) body[at++] = text[character] as number;
      }
      body[at++] = CLOSE;
    }
    body[at++] = CLOSE;
  }
  body[at++] = CLOSE;
  body.set(end, at);
  return body.subarray(0, at + end.length);
}

function textsOf(normalization: Normalization): readonly Uint8Array[] {
  const known = tables.get(normalization);
  if (known !== undefined) return known;
  const texts = Array.from({ length: 256 }, (_, byte) => Buffer.from(shortText(normalized(byte, normalization))));
  tables.set(normalization, texts);
  return texts;
}

/** The shortest text that a 32-bit float is read back from. */
function shortText(value: number): string {
  const float = Math.fround(value);
  for (let digits = 1; digits <= 9; digits += 1) {
    const text = String(Number(float.toPrecision(digits)));
    if (Math.fround(Number(text)) === float) return text;
  }
  return String(float);
}

import { AppError } from '../../../domain/errors.ts';

/** Numbers as a request brought them. */
export interface RequestTensor {
  readonly shape: readonly number[];
  /** As many as the product of the shape, the last axis first to change. */
  readonly data: Float32Array;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_FIELDS = 0x7b;
const CLOSE_FIELDS = 0x7d;

const MAX_AXES = 8;
/** Up to here a whole number and a power of ten are exact, and so is their quotient, rounded once. */
const MAX_EXACT = 2 ** 53 / 10 - 10;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, power) => 10 ** power);

/**
 * The tensor that stands under `inputs` of a JSON object, as nested even lists. It is read from the bytes themselves: lists of
 * a few numbers each would take ten times the memory of a picture. Throws `REQUEST_INVALID`.
 */
export function readRequestTensor(body: Uint8Array): RequestTensor {
  let at = 0;
  let found: RequestTensor | null = null;

  const refuse = (what: string): AppError => new AppError('REQUEST_INVALID', `the body cannot be read: ${what}`);

  /** The next byte that is no white space; -1 at the end. */
  function next(): number {
    while (at < body.length) {
      const byte = body[at] as number;
      if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return byte;
      at += 1;
    }
    return -1;
  }

  function take(byte: number): void {
    if (next() !== byte) throw refuse(`a "${String.fromCharCode(byte)}" is missing at byte ${at}`);
    at += 1;
  }

  function text(): string {
    const start = at;
    take(QUOTE);
    while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
    take(QUOTE);
    return Buffer.from(body.buffer, body.byteOffset + start, at - start)
      .toString('latin1')
      .trim()
      .slice(1, -1);
  }

  function skipValue(): void {
    let depth = 0;
    do {
      const byte = next();
      if (byte === -1) throw refuse('it ends early');
      if (byte === QUOTE) text();
      else {
        if (depth === 0 && (byte === CLOSE_FIELDS || byte === CLOSE_LIST || byte === COMMA)) return;
        if (byte === OPEN_LIST || byte === OPEN_FIELDS) depth += 1;
        if (byte === CLOSE_LIST || byte === CLOSE_FIELDS) depth -= 1;
        at += 1;
        if (depth > 0 || byte === CLOSE_LIST || byte === CLOSE_FIELDS) continue;
        while (at < body.length && !isEndOfNumber(body[at] as number)) at += 1;
      }
    } while (depth > 0);
  }

  function number(): number {
    const start = at;
    const negative = body[at] === MINUS;
    if (negative) at += 1;
    let whole = 0;
    let decimals = 0;
    let seenPoint = false;
    let digits = 0;
    for (; at < body.length; at += 1) {
      const byte = body[at] as number;
      if (byte >= 0x30 && byte <= 0x39 && whole < MAX_EXACT) {
        whole = whole * 10 + (byte - 0x30);
        digits += 1;
        if (seenPoint) decimals += 1;
      } else if (byte === POINT && !seenPoint) seenPoint = true;
      else break;
    }
    const ended = at >= body.length || isEndOfNumber(body[at] as number);
    if (ended && digits > 0 && decimals < POWERS_OF_TEN.length) {
      const value = whole / (POWERS_OF_TEN[decimals] as number);
      return negative ? -value : value;
    }
    while (at < body.length && !isEndOfNumber(body[at] as number)) at += 1;
    const written = Buffer.from(body.buffer, body.byteOffset + start, at - start).toString('latin1');
    const value = written === '' ? Number.NaN : Number(written);
    if (Number.isFinite(value)) return value;
    throw refuse(`"${written.slice(0, 20)}" at byte ${start} is not a number`);
  }

  function tensor(): RequestTensor {
    let data = new Float32Array(Math.max(16, body.length >> 2));
    let length = 0;
    const shape: number[] = [];
    const counts: number[] = [];
    let leafDepth = 0;
    const uneven = (): AppError => refuse('"inputs" is not a list of even lists of numbers');

    take(OPEN_LIST);
    counts.push(0);
    while (counts.length > 0) {
      const depth = counts.length;
      const byte = next();
      if (byte === CLOSE_LIST) {
        at += 1;
        const count = counts.pop() as number;
        shape[depth - 1] ??= count;
        if (shape[depth - 1] !== count) throw uneven();
        continue;
      }
      if ((counts[depth - 1] as number) > 0) take(COMMA);
      counts[depth - 1] = (counts[depth - 1] as number) + 1;
      if (next() === OPEN_LIST) {
        if (depth === MAX_AXES || depth === leafDepth) throw uneven();
        at += 1;
        counts.push(0);
        continue;
      }
      if (leafDepth === 0) leafDepth = depth;
      if (depth !== leafDepth) throw uneven();
      if (length === data.length) {
        const larger = new Float32Array(2 * length);
        larger.set(data);
        data = larger;
      }
      data[length] = number();
      length += 1;
    }
    return { shape, data: data.subarray(0, length) };
  }

  take(OPEN_FIELDS);
  while (next() !== CLOSE_FIELDS) {
    const key = text();
    take(COLON);
    if (key === 'inputs') {
      if (next() !== OPEN_LIST) throw refuse('"inputs" is not a list');
      found = tensor();
    } else skipValue();
    if (next() === COMMA) at += 1;
    else if (next() !== CLOSE_FIELDS) throw refuse(`a "," is missing at byte ${at}`);
  }
  at += 1;
  if (next() !== -1) throw refuse('something follows its end');
  if (found === null) throw refuse('it has no "inputs"');
  return found;
}

function isEndOfNumber(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_FIELDS || byte <= 0x20;
}

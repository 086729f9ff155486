import { AppError } from '../domain/errors.ts';

/** One part of a multipart body. */
export interface Part {
  readonly name: string;
  /** A file has a file name, or a media type that is no text. */
  readonly isFile: boolean;
  /** Undefined where the sender gave none; empty where a form's file field was left empty. */
  readonly filename: string | undefined;
  /** A view of the body, not a copy. */
  readonly bytes: Uint8Array;
}

const MAX_PARTS = 256;
const MAX_HEADER_BYTES = 16_384;
const CRLF = '\r\n';

const malformed = (what: string): AppError =>
  new AppError('REQUEST_MALFORMED', `the multipart body is malformed: ${what}`);

/**
 * The parts of a `multipart/form-data` body (RFC 7578), as views of it: pictures are the bulk of what is sent here, and
 * none is copied. Rejects with `REQUEST_MALFORMED` what is not whole.
 */
export function parseMultipart(body: Buffer, contentType: string): readonly Part[] {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === undefined || boundary === '') throw malformed('its Content-Type names no boundary');
  const delimiter = Buffer.from(`${CRLF}--${boundary}`, 'latin1');
  const parts: Part[] = [];

  let at = startOf(body, delimiter);
  for (;;) {
    if (isAt(body, at, '--')) return parts;
    const headerStart = endOfLine(body, at);
    // A part without headers has its empty line right here, which is why the search begins one line break earlier.
    const headerEnd = body.indexOf(`${CRLF}${CRLF}`, headerStart - CRLF.length, 'latin1');
    if (headerEnd < 0 || headerEnd - headerStart > MAX_HEADER_BYTES)
      throw malformed('the headers of a part do not end');
    const contentStart = headerEnd + 2 * CRLF.length;
    const contentEnd = nextDelimiter(body, delimiter, contentStart - CRLF.length);
    if (parts.length === MAX_PARTS) throw malformed(`it has more than ${MAX_PARTS} parts`);
    const headers = body.toString('utf8', headerStart, Math.max(headerStart, headerEnd));
    parts.push(partOf(headers, body.subarray(contentStart, Math.max(contentStart, contentEnd))));
    at = contentEnd + delimiter.length;
  }
}

/** Behind the first delimiter, which may stand at the very beginning without its line break. */
function startOf(body: Buffer, delimiter: Buffer): number {
  const first = delimiter.subarray(CRLF.length);
  if (body.subarray(0, first.length).equals(first)) return first.length;
  return nextDelimiter(body, delimiter, 0) + delimiter.length;
}

/** A delimiter counts only when its line ends with it; otherwise it is content that looks alike. */
function nextDelimiter(body: Buffer, delimiter: Buffer, from: number): number {
  for (let at = body.indexOf(delimiter, from); at >= 0; at = body.indexOf(delimiter, at + 1)) {
    const behind = at + delimiter.length;
    if (isAt(body, behind, '--') || isAt(body, skipBlanks(body, behind), CRLF)) return at;
  }
  throw malformed('it ends before its last part does');
}

function endOfLine(body: Buffer, from: number): number {
  const at = skipBlanks(body, from);
  if (!isAt(body, at, CRLF)) throw malformed('a boundary is followed by something else than a line break');
  return at + CRLF.length;
}

function skipBlanks(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09) at += 1;
  return at;
}

function isAt(body: Buffer, at: number, text: string): boolean {
  return body.toString('latin1', at, at + text.length) === text;
}

function partOf(headers: string, bytes: Uint8Array): Part {
  const disposition = headerOf(headers, 'content-disposition');
  if (disposition === undefined || !/^form-data\s*(;|$)/i.test(disposition)) {
    throw malformed('a part has no Content-Disposition of form-data');
  }
  const name = parameterOf(disposition, 'name');
  if (name === undefined) throw malformed('a part has no name');
  const encoding = headerOf(headers, 'content-transfer-encoding')?.toLowerCase();
  if (encoding === 'base64' || encoding === 'quoted-printable') {
    throw malformed(`a part is encoded as ${encoding}; send its bytes as they are`);
  }
  const filename = parameterOf(disposition, 'filename') ?? parameterOf(disposition, 'filename*');
  const mediaType = headerOf(headers, 'content-type')?.toLowerCase() ?? 'text/plain';
  const isText = mediaType.startsWith('text/') || mediaType.startsWith('application/json');
  return { name, filename, isFile: filename !== undefined || !isText, bytes };
}

function headerOf(headers: string, name: string): string | undefined {
  for (const line of headers.split(CRLF)) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).trim().toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}

/** A parameter of a header value such as `form-data; name="image"`: quoted or not, the first of its name. */
function parameterOf(value: string, name: string): string | undefined {
  for (const [, key, quoted, plain] of value.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;\s]*))/g)) {
    if (key?.toLowerCase() === name) return quoted?.replace(/\\(["\\])/g, '$1') ?? plain;
  }
  return undefined;
}

import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Diagnostic } from '../domain/diagnostic.ts';
import type { ConfigDocument } from '../ports/station-configs.ts';

/** Keys and indexes from the top of a file down to a place in it. */
export type ConfigPath = readonly (string | number)[];

/** One config file: what someone wrote, what it means with the environment filled in, and what there is to say about it. */
export interface ConfigFile {
  readonly file: string;
  /** The content without comments, as written: what API answers, items, logs and diagnostics may show. Null for a file that is no JSON. */
  readonly raw: unknown;
  /** The same with every `"${NAME}"` replaced from the environment: what the station works with, never shown. */
  readonly value: unknown;
  /** What was reported so far, in the order of the lines. */
  readonly diagnostics: readonly Diagnostic[];
  /** False when the text is no JSON: there is nothing to check then. */
  readonly readable: boolean;
  error(path: ConfigPath, message: string): void;
  warning(path: ConfigPath, message: string): void;
  /** The value at a place as written; undefined where there is nothing. */
  written(path: ConfigPath): unknown;
  /** Whether an error was reported at exactly this place. */
  hasError(path: ConfigPath): boolean;
  /** Keys of the object at a place, in the order of the file (which a JavaScript object does not keep for `"1"`). */
  keys(path: ConfigPath): readonly string[];
  /** The text with every value that came from the environment put back as it was written. */
  redacted(text: string): string;
}

const MAX_DEPTH = 64;
const MAX_SYNTAX_ERRORS = 5;
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Parses JSONC text. Never throws: whatever is wrong with the text is a diagnostic.
 * `amend` changes what was written before the environment is filled in.
 */
export function parseConfigFile(
  document: Pick<ConfigDocument, 'file' | 'text' | 'problem'>,
  env: Environment,
  amend: (raw: unknown) => unknown = (raw) => raw,
): ConfigFile {
  const { file } = document;
  const text = document.text.replace(/^\uFEFF/, '');
  const diagnostics: Diagnostic[] = [];
  const substitutions = new Map<string, string>();
  const lineAt = lineFinder(text);

  const report = (severity: Diagnostic['severity'], path: ConfigPath, line: number | null, message: string): void => {
    diagnostics.push({ file, severity, path: path.join('.'), line, message });
  };
  const tree = document.problem === undefined ? parsedTree() : undefined;
  if (document.problem !== undefined) report('error', [], null, document.problem);
  const raw = tree === undefined ? null : amend(plainValue(tree, []));
  const value = substituted(raw, []);

  function parsedTree(): Node | undefined {
    if (text.trim() === '') {
      report('error', [], 1, 'the file is empty, expected an object {…}');
      return undefined;
    }
    const errors: ParseError[] = [];
    const root = parseTolerantly(text, errors);
    if (root === null) {
      report('error', [], null, `the file is nested more than ${MAX_DEPTH} levels deep`);
      return undefined;
    }
    const lines = new Set<number>();
    for (const error of errors) {
      const line = lineAt(error.offset);
      if (lines.has(line) || lines.size === MAX_SYNTAX_ERRORS) continue;
      lines.add(line);
      report('error', [], line, `not valid JSON: ${syntaxSentence(error, text)}`);
    }
    return errors.length > 0 ? undefined : root;
  }

  function plainValue(node: Node, path: ConfigPath): unknown {
    if (node.type === 'array') return (node.children ?? []).map((child, index) => plainValue(child, [...path, index]));
    if (node.type !== 'object') return node.value as unknown;
    const result: Record<string, unknown> = {};
    for (const [key, keyNode, child] of propertiesOf(node)) {
      const line = lineAt(keyNode.offset);
      if (key === '__proto__') report('error', [...path, key], line, 'the key "__proto__" is not allowed');
      else if (Object.hasOwn(result, key)) report('error', [...path, key], line, `the key "${key}" stands here twice`);
      else result[key] = plainValue(child, [...path, key]);
    }
    return result;
  }

  function substituted(part: unknown, path: ConfigPath): unknown {
    if (typeof part === 'string') return fromEnvironment(part, path);
    if (Array.isArray(part)) return part.map((entry, index) => substituted(entry, [...path, index]));
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(Object.entries(part).map(([key, entry]) => [key, substituted(entry, [...path, key])]));
  }

  function fromEnvironment(written: string, path: ConfigPath): string {
    return written.replace(VARIABLE, (variable, name: string) => {
      const found = Object.hasOwn(env, name) ? env[name] : undefined;
      if (found !== undefined && found !== '') {
        substitutions.set(found, variable);
        return found;
      }
      report('error', path, lineOf(path), `the environment variable ${name} is not set`);
      return variable;
    });
  }

  function lineOf(path: ConfigPath): number | null {
    if (tree === undefined) return null;
    for (let length = path.length; length >= 0; length -= 1) {
      const node = findNodeAtLocation(tree, path.slice(0, length));
      // A key and its value may stand on different lines: the key is the place people look for.
      const place = node?.parent?.type === 'property' ? node.parent : node;
      if (place !== undefined) return lineAt(place.offset);
    }
    return null;
  }

  return {
    file,
    raw,
    value,
    get diagnostics() {
      return diagnostics.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
    },
    readable: tree !== undefined,
    error: (path, message) => report('error', path, lineOf(path), message),
    warning: (path, message) => report('warning', path, lineOf(path), message),
    written: (path) => valueAt(raw, path),
    hasError: (path) => diagnostics.some((known) => known.severity === 'error' && known.path === path.join('.')),
    keys(path) {
      const node = tree === undefined ? undefined : findNodeAtLocation(tree, [...path]);
      if (node?.type !== 'object') return [];
      const keys = propertiesOf(node).map(([key]) => key);
      return [...new Set(keys)].filter((key) => key !== '__proto__');
    },
    redacted(message) {
      const longestFirst = [...substitutions].sort(([a], [b]) => b.length - a.length);
      return longestFirst.reduce((result, [secret, variable]) => result.replaceAll(secret, variable), message);
    },
  };
}

/** What stands at a place of a value; undefined where there is nothing. */
export function valueAt(value: unknown, path: ConfigPath): unknown {
  let current = value;
  for (const key of path) {
    if (current === null || typeof current !== 'object' || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}

function propertiesOf(node: Node): readonly (readonly [key: string, keyNode: Node, value: Node])[] {
  return (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
    key === undefined || value === undefined ? [] : [[String(key.value), key, value] as const],
  );
}

/** Null for a text nested so deeply that walking it would exhaust the stack. */
function parseTolerantly(text: string, errors: ParseError[]): Node | undefined | null {
  try {
    const root = parseTree(text, errors, { allowTrailingComma: true });
    return root !== undefined && deeperThan(root, MAX_DEPTH) ? null : root;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function deeperThan(node: Node, levels: number): boolean {
  if (levels < 0) return true;
  return (node.children ?? []).some((child) => deeperThan(child, child.type === 'property' ? levels : levels - 1));
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const after = starts.findIndex((start) => start > offset);
    return after < 0 ? starts.length : after;
  };
}

const SYNTAX_SENTENCES: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in double quotes is expected',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a ":" is expected after the key',
  CommaExpected: 'a "," is expected between two entries',
  CloseBraceExpected: 'a closing "}" is missing',
  CloseBracketExpected: 'a closing "]" is missing',
  EndOfFileExpected: 'the file goes on after its end',
  UnexpectedEndOfComment: 'a comment is not closed',
  UnexpectedEndOfString: 'a text is not closed by a double quote',
  InvalidNumberFormat: 'a number is malformed',
  InvalidEscapeCharacter: 'a "\\" in a text is followed by a character that has no meaning there',
  InvalidCharacter: 'a text holds a character that must be escaped, such as a tab',
  InvalidUnicode: 'a \\u in a text is not followed by four hex digits',
};

function syntaxSentence(error: ParseError, text: string): string {
  const found = text.slice(error.offset, error.offset + Math.min(error.length, 20));
  const sentence = SYNTAX_SENTENCES[printParseErrorCode(error.error)] ?? 'a symbol without meaning stands here';
  return found.trim() === '' ? sentence : `${sentence}, found ${JSON.stringify(found)}`;
}

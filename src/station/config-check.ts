import { z } from 'zod';
import { type ConfigFile, type ConfigPath, valueAt } from './config-file.ts';
import { suggestion } from './nearest-name.ts';

/**
 * The content of a file as its schema gives it, or null. Everything wrong with it becomes a diagnostic of the file, all
 * at once: what was found (as written), what is allowed, and the nearest valid name for a typo.
 */
export function checkedConfig<T>(file: ConfigFile, schema: z.ZodType<T>): T | null {
  if (!file.readable) return null;
  return checkedPart(file, schema, []);
}

function checkedPart<T>(file: ConfigFile, schema: z.ZodType<T>, at: ConfigPath): T | null {
  // The issues of a result do not say which schema raised them; the raw ones, which only an error map sees, do.
  const raisedBy = new Map<unknown, z.core.$ZodType>();
  const parsed = schema.safeParse(valueAt(file.value, at), {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') raisedBy.set(issue.keys, issue.inst as z.core.$ZodType);
      if (issue.code === 'invalid_key') raisedBy.set(issue.issues, issue.inst as z.core.$ZodType);
      if (issue.code === 'invalid_union') raisedBy.set(issue.errors, issue.inst as z.core.$ZodType);
      return expectation(issue);
    },
  });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = [...at, ...(issue.path as ConfigPath)];
    if (issue.code === 'unrecognized_keys') {
      const allowed = keysOf(raisedBy.get(issue.keys));
      for (const key of issue.keys) file.error([...path, key], `unknown key "${key}"${suggestion(key, allowed)}`);
      continue;
    }
    // One error a place: what was said before, such as a variable that is not set, is the reason of this one.
    if (!file.hasError(path)) file.error(path, sentenceOf(issue, path, file));
    // What stands under a key that cannot be one, or beside a type that does not exist, has not been looked at yet.
    if (issue.code === 'invalid_key') {
      const record = raisedBy.get(issue.issues);
      if (record instanceof z.ZodRecord) checkedPart(file, record.valueType as z.ZodType, path);
    }
    if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
      const common = commonSchema(raisedBy.get(issue.errors));
      if (common !== null && isObject(valueAt(file.value, path.slice(0, -1)))) {
        checkedPart(file, common, path.slice(0, -1));
      }
    }
  }
  return null;
}

function sentenceOf(issue: z.core.$ZodIssue, path: ConfigPath, file: ConfigFile): string {
  const written = file.written(path);
  const found = written === undefined ? `"${path.at(-1)}" is missing` : `found ${quoted(written)}`;
  switch (issue.code) {
    case 'invalid_key':
      return `"${path.at(-1)}" cannot be a key here: ${issue.issues.map(({ message }) => message).join('; ')}`;
    case 'custom':
      return isObject(written) ? file.redacted(issue.message) : `${found}, ${file.redacted(issue.message)}`;
    case 'invalid_value':
      return `${found}${suggestion(written, issue.values)}`;
    case 'invalid_union':
      if (!('options' in issue) || issue.options === undefined) return `${found}, ${issue.message}`;
      return `${found}${suggestion(written, issue.options)}`;
    default:
      return `${found}, ${file.redacted(issue.message)}`;
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  array: 'a list […]',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object {…}',
  record: 'an object {…}',
  string: 'a text',
  tuple: 'a list […]',
};
const COUNTED: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
};

/** What would have been right, as the end of a sentence; undefined leaves the wording to zod. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${EXPECTED[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${counted(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${counted(issue.maximum, issue.origin)}`;
    case 'invalid_format':
      return issue.format === 'regex' ? `expected a text that matches ${issue.pattern}` : `expected a ${issue.format}`;
    case 'invalid_union':
      return unionExpectation(issue.errors);
    default:
      return undefined;
  }
}

function counted(limit: number | bigint, origin: string): string {
  return `${limit}${COUNTED[origin]?.[Number(limit) === 1 ? 0 : 1] ?? ''}`;
}

function unionExpectation(members: readonly (readonly z.core.$ZodIssue[])[]): string {
  const parts = members.map((issues) => issues.map(({ message }) => message.replace(/^expected /, '')).join(' and '));
  return `expected ${[...new Set(parts)].join(' or ')}`;
}

/** A value as people recognise it in their file: whole if it is short, an address without user and password. */
export function quoted(written: unknown): string {
  if (Array.isArray(written) && written.some((entry) => typeof entry === 'object')) return 'a list';
  if (isObject(written)) return 'an object';
  const text = JSON.stringify(written).replaceAll(/\/\/[^/@\s"]*@/g, '//…@');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keysOf(schema: z.core.$ZodType | undefined): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).filter((key) => key !== '$schema') : [];
}

/** The keys that every member of a union has in the same way: they can be checked although the member is unknown. */
function commonSchema(union: z.core.$ZodType | undefined): z.ZodType | null {
  if (!(union instanceof z.ZodDiscriminatedUnion)) return null;
  const members = (union.options as readonly z.core.$ZodType[]).filter((member) => member instanceof z.ZodObject);
  const [first, ...others] = members.map((member) => member.shape as Readonly<Record<string, z.core.$ZodType>>);
  if (first === undefined) return null;
  const common = Object.entries(first).filter(([key, schema]) => others.every((shape) => shape[key] === schema));
  return z.looseObject(Object.fromEntries(common));
}

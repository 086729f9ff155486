import { describe, expect, it } from 'vitest';
import { type ConfigFile, parseConfigFile } from './config-file.ts';

function parsed(text: string, env: Readonly<Record<string, string>> = {}): ConfigFile {
  return parseConfigFile({ file: 'config/edge.json', text }, env);
}

function said(file: ConfigFile): readonly string[] {
  return file.diagnostics.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

describe('a config file', () => {
  it('may hold comments, trailing commas and a byte order mark', () => {
    const file = parsed('\uFEFF// first\n{\n  /* second */ "a": [1, 2,], // third\n}\n');
    expect(file).toMatchObject({ raw: { a: [1, 2] }, readable: true, diagnostics: [] });
  });

  it.each([
    { text: '', said: '1 : the file is empty, expected an object {…}' },
    { text: '  \n ', said: '1 : the file is empty, expected an object {…}' },
    {
      text: '{\n  "a": 1\n  "b": 2\n}',
      said: '3 : not valid JSON: a "," is expected between two entries, found "\\"b\\""',
    },
    { text: '{\n  "a" 1\n}', said: '2 : not valid JSON: a ":" is expected after the key, found "1"' },
    { text: '{\n  "a": \n}', said: '3 : not valid JSON: a value is expected, found "}"' },
    { text: '{\n  "a": 1\n', said: '3 : not valid JSON: a closing "}" is missing' },
    { text: "{ 'a': 1 }", said: '1 : not valid JSON: a symbol without meaning stands here, found "\'a\'"' },
    { text: '{ "a": "x }', said: '1 : not valid JSON: a text is not closed by a double quote, found "\\"x }"' },
    { text: '{ "a": tru }', said: '1 : not valid JSON: a symbol without meaning stands here, found "tru"' },
    { text: '{} {}', said: '1 : not valid JSON: the file goes on after its end, found "{"' },
  ])('that is no JSON says where and why: $text', ({ text, said: sentence }) => {
    const file = parsed(text);
    expect(file.readable).toBe(false);
    expect(said(file)[0]).toBe(sentence);
  });

  it('reports several syntax errors, one a line', () => {
    const file = parsed('{\n  "a": ,\n  "b": 1,\n  "c": ,\n}');
    expect(file.diagnostics.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('never lets a deeply nested text through', () => {
    for (const depth of [100, 100_000]) {
      const file = parsed('['.repeat(depth) + ']'.repeat(depth));
      expect(said(file)).toEqual(['null : the file is nested more than 64 levels deep']);
      expect(file.readable).toBe(false);
    }
  });

  it('names a key that stands twice, at its second place', () => {
    const file = parsed('{\n  "a": { "x": 1,\n "x": 2 },\n  "a": 3\n}');
    expect(said(file)).toEqual(['3 a.x: the key "x" stands here twice', '4 a: the key "a" stands here twice']);
  });

  it('refuses the key that would change every object, and takes none of it', () => {
    const file = parsed('{ "__proto__": { "polluted": true }, "a": { "constructor": 1 } }');
    expect(said(file)).toEqual(['1 __proto__: the key "__proto__" is not allowed']);
    expect(Object.keys(file.raw as object)).toEqual(['a']);
    expect((file.raw as Record<string, unknown>).polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(file.written(['a', 'toString'])).toBeUndefined();
  });

  it(`takes "\${NAME}" from the environment and keeps what was written beside it`, () => {
    const file = parsed(`{ "url": "http://\${USER}:\${PASSWORD}@db", "list": ["\${USER}"], "price": "5 $ {x}" }`, {
      USER: 'ann',
      PASSWORD: 'hidden',
    });
    expect(file.value).toEqual({ url: 'http://ann:hidden@db', list: ['ann'], price: '5 $ {x}' });
    expect(file.written(['url'])).toBe(`http://\${USER}:\${PASSWORD}@db`);
    expect(file.raw).toMatchObject({ list: [`\${USER}`] });
    expect(file.redacted('connecting to http://ann:hidden@db failed')).toBe(
      `connecting to http://\${USER}:\${PASSWORD}@db failed`,
    );
  });

  it('names a variable that is not set, or set but empty, at its place', () => {
    const file = parsed(`{\n "a": [\n "x",\n "\${LINE_NAME}\${EMPTY}" ]\n}`, { EMPTY: '' });
    expect(said(file)).toEqual([
      '4 a.1: the environment variable LINE_NAME is not set',
      '4 a.1: the environment variable EMPTY is not set',
    ]);
    expect(file.hasError(['a', 1])).toBe(true);
  });

  it('replaces once: a value that looks like a variable stays a value', () => {
    expect(parsed(`{ "a": "\${A}" }`, { A: `\${B}`, B: 'secret' }).value).toEqual({ a: `\${B}` });
  });

  it('keeps the order of keys as written, also of numbers', () => {
    expect(parsed('{ "cameras": { "b": {}, "2": {}, "1": {}, "b": {} } }').keys(['cameras'])).toEqual(['b', '2', '1']);
    expect(parsed('{ "cameras": [] }').keys(['cameras'])).toEqual([]);
    expect(parsed('[]').keys(['cameras'])).toEqual([]);
  });

  it('says its own problem instead of anything about a text it does not have', () => {
    const file = parseConfigFile({ file: 'a.json', text: '', problem: 'the inventory does not exist' }, {});
    expect(file.diagnostics).toEqual([
      { file: 'a.json', severity: 'error', path: '', line: null, message: 'the inventory does not exist' },
    ]);
    expect(file.readable).toBe(false);
  });

  it('gives what was reported in the order of the lines, with the nearest line for what is not there', () => {
    const file = parsed('{\n  "a": {\n    "b": 1\n  },\n  "c": 2\n}');
    file.error(['c'], 'last');
    file.warning(['a', 'missing', 0], 'at its parent');
    file.error(['a', 'b'], 'inside');
    expect(said(file)).toEqual(['2 a.missing.0: at its parent', '3 a.b: inside', '5 c: last']);
  });
});

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Labels } from '../domain/labels.ts';
import { checkedConfig, quoted } from './config-check.ts';
import { parseConfigFile } from './config-file.ts';
import { sentences } from './edge-root.test-support.ts';

const speed = z.int().min(1).max(9);
const Schema = z.strictObject({
  $schema: z.string().optional(),
  mode: z.enum(['slow', 'fast']).default('slow'),
  speed: speed.optional(),
  ratio: z.number().gt(0).lt(1).optional(),
  title: z.string().min(3).optional(),
  labels: Labels.optional(),
  either: z.union([z.int(), z.string()]).optional(),
  address: z.url().optional(),
  pair: z.tuple([z.int(), z.int()]).optional(),
  switched: z.boolean().optional(),
  nothing: z.null().optional(),
  even: z
    .int()
    .refine((value) => value % 2 === 0, { error: (issue) => `expected an even number, not ${issue.input}` })
    .optional(),
  word: z
    .string()
    .refine((value) => value === 'ok', { error: (issue) => `expected "ok", not ${issue.input}` })
    .optional(),
  parts: z.record(z.string().regex(/^[a-z]+$/, 'expected small letters'), z.strictObject({ size: z.int() })).optional(),
  driver: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('disk'), folder: z.string(), speed }),
      z.strictObject({ type: z.literal('memory'), speed }),
    ])
    .optional(),
});

function check(content: unknown, env: Readonly<Record<string, string>> = {}): readonly string[] {
  const file = parseConfigFile({ file: 'a.json', text: JSON.stringify(content) }, env);
  const config = checkedConfig(file, Schema);
  if (config === null) expect(file.diagnostics).not.toEqual([]);
  return sentences(file.diagnostics);
}

describe('the check of a config', () => {
  it('gives the content with its defaults when nothing is wrong', () => {
    const file = parseConfigFile({ file: 'a.json', text: '{ "$schema": "x.json", "labels": "good" }' }, {});
    expect(checkedConfig(file, Schema)).toEqual({ $schema: 'x.json', mode: 'slow', labels: ['good'] });
    expect(file.diagnostics).toEqual([]);
  });

  it.each([
    [[], 'error : found [], expected an object {…}'],
    ['text', 'error : found "text", expected an object {…}'],
    [{ mode: 'fats' }, 'error mode: found "fats", did you mean "fast"? Allowed: "slow", "fast"'],
    [{ mode: 3 }, 'error mode: found 3. Allowed: "slow", "fast"'],
    [{ speed: 1.5 }, 'error speed: found 1.5, expected a whole number'],
    [{ speed: '5' }, 'error speed: found "5", expected a number'],
    [{ speed: null }, 'error speed: found null, expected a number'],
    [{ speed: 0 }, 'error speed: found 0, expected at least 1'],
    [{ speed: 10 }, 'error speed: found 10, expected at most 9'],
    [{ ratio: 0 }, 'error ratio: found 0, expected more than 0'],
    [{ ratio: 1 }, 'error ratio: found 1, expected less than 1'],
    [{ title: 'ab' }, 'error title: found "ab", expected at least 3 characters'],
    [{ labels: [] }, 'error labels: found [], expected at least 1 entry'],
    [{ labels: 3 }, 'error labels: found 3, expected a label or a list of at least one label'],
    [{ either: true }, 'error either: found true, expected a number or a text'],
    [{ address: 'nowhere' }, 'error address: found "nowhere", expected a url'],
    [{ pair: [1] }, 'error pair: found [1], expected at least 2 entries'],
    [{ pair: [1, 'b'] }, 'error pair.1: found "b", expected a number'],
    [{ switched: 'yes' }, 'error switched: found "yes", expected true or false'],
    [{ nothing: 1 }, 'error nothing: found 1, expected null'],
    [{ even: 3 }, 'error even: found 3, expected an even number, not 3'],
    [
      { Mode: 'slow' },
      expect.stringMatching(/^error Mode: unknown key "Mode", did you mean "mode"\? Allowed: "mode", /),
    ],
    [{ parts: [] }, 'error parts: found [], expected an object {…}'],
    [
      { parts: { a: { size: 1, sice: 2 } } },
      'error parts.a.sice: unknown key "sice", did you mean "size"? Allowed: "size"',
    ],
    [{ parts: { a: {} } }, 'error parts.a.size: "size" is missing, expected a number'],
    [{ driver: { type: 'tape', speed: 1 } }, 'error driver.type: found "tape". Allowed: "disk", "memory"'],
    [{ driver: { speed: 1 } }, 'error driver.type: "type" is missing. Allowed: "disk", "memory"'],
    [{ driver: 'disk' }, 'error driver: found "disk", expected an object {…}'],
  ])('says what is wrong with %j', (content, sentence) => {
    expect(check(content)).toEqual([sentence]);
  });

  it('reports everything at once', () => {
    const found = check({ mode: 'x', speed: 0, zzz: 1, yyy: 2, parts: { a: { size: '1' }, b: 3 } });
    expect(found.map((sentence) => sentence.split(':')[0])).toEqual([
      'error mode',
      'error speed',
      'error parts.a.size',
      'error parts.b',
      'error zzz',
      'error yyy',
    ]);
  });

  it('looks at what stands beside a type that does not exist', () => {
    expect(check({ driver: { type: 'dsk', speed: 0, folder: 3 } })).toEqual([
      'error driver.type: found "dsk", did you mean "disk"? Allowed: "disk", "memory"',
      'error driver.speed: found 0, expected at least 1',
    ]);
  });

  it('looks at what stands under a key that cannot be one', () => {
    expect(check({ parts: { 'A B': { size: 'x' } } })).toEqual([
      'error parts.A B: "A B" cannot be a key here: expected small letters',
      'error parts.A B.size: found "x", expected a number',
    ]);
  });

  it('shows a value from the environment as written, also where a schema words its own error', () => {
    expect(check({ word: `\${WORD}`, speed: `\${SPEED}` }, { WORD: 'hunter2', SPEED: '99' })).toEqual([
      `error speed: found "\${SPEED}", expected a number`,
      `error word: found "\${WORD}", expected "ok", not \${WORD}`,
    ]);
  });

  it('says of a variable that is not set no more than that', () => {
    expect(check({ address: `\${NOWHERE}` })).toEqual(['error address: the environment variable NOWHERE is not set']);
  });
});

describe('a quoted value', () => {
  it.each([
    { value: 'x'.repeat(200), text: `"${'x'.repeat(76)}…` },
    { value: { a: 1 }, text: 'an object' },
    { value: [{ a: 1 }], text: 'a list' },
    { value: ['a', 1], text: '["a",1]' },
    { value: 'rtsp://ann:hidden@camera/1', text: '"rtsp://…@camera/1"' },
  ])('is $text', ({ value, text }) => {
    expect(quoted(value)).toBe(text);
  });
});

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kindFor, schemaOfNamed, schemaOfTyped } from './kind.ts';

const kinds = [
  { type: 'disk', options: z.strictObject({ folder: z.string().default('data') }).meta({ title: 'A disk' }) },
  { type: 'memory', options: z.strictObject({ items: z.int() }).refine(({ items }) => items !== 13, 'unlucky') },
] as const;
const Storage = schemaOfTyped(kinds, { label: z.string().nullable().default(null) });

const rules = [
  { name: 'at_least', description: 'at least so many', parameters: z.strictObject({ count: z.int() }) },
  { name: 'never', description: 'never', parameters: z.strictObject({}) },
] as const;
const Rule = schemaOfNamed(rules);

describe('a list of kinds', () => {
  it('is chosen from by type, with the options beside it and common keys in every member', () => {
    expect(Storage.parse({ type: 'disk' })).toEqual({ type: 'disk', folder: 'data', label: null });
    expect(Storage.parse({ type: 'memory', items: 3, label: 'a' })).toEqual({ type: 'memory', items: 3, label: 'a' });
  });

  it.each([{ type: 'dsk' }, {}, { type: 'disk', items: 3 }, { type: 'disk', label: 3 }, { type: 'memory', items: 13 }])(
    'refuses %j',
    (config) => {
      expect(Storage.safeParse(config).success).toBe(false);
    },
  );

  it('tells editors the title of each member', () => {
    expect(JSON.stringify(z.toJSONSchema(Storage, { io: 'input' }))).toContain('"title":"A disk"');
  });

  it('finds the kind of a config, and calls an unknown one a bug', () => {
    expect(kindFor(kinds, 'memory')).toBe(kinds[1]);
    expect(() => kindFor(kinds, 'tape')).toThrow('no kind of type "tape" is registered');
  });
});

describe('a list of rules', () => {
  it('is chosen from by name, with the options under parameters', () => {
    const config = { name: 'at_least', parameters: { count: 2 } };
    expect(Rule.parse(config)).toEqual(config);
  });

  it.each([
    { name: 'at_least', count: 2 },
    { name: 'at_least', parameters: {} },
    { name: 'never', parameters: { a: 1 } },
  ])('refuses %j', (config) => {
    expect(Rule.safeParse(config).success).toBe(false);
  });
});

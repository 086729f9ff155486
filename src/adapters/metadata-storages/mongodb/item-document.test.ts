import { describe, expect, it } from 'vitest';
import type { Item } from '../../../domain/item.ts';
import { exampleItem } from '../../../ports/metadata-storage.contract.ts';
import { documentOf, itemOfDocument } from './item-document.ts';

const inferencesOf = (key: string): Partial<Item> => ({
  inferences: { [key]: { [key]: { [key]: { [key]: 1 } } } },
  timings_ms: { [key]: 1.5 },
});

/** The keys on every level of a document. */
function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, entry]) => [key, ...keysOf(entry)]);
}

describe('the document of an item', () => {
  it.each([
    ['cam.1', 'cam%2E1'],
    ['.', '%2E'],
    ['$set', '%24set'],
    ['a$b', 'a$b'],
    ['100%', '100%25'],
    ['%2E', '%252E'],
    ['a\0b', 'a%00b'],
    ['_bsontype', '%5Fbsontype'],
    ['', ''],
    ['カメラ', 'カメラ'],
    ['_id', '_id'],
  ])('has the key %j as %j, and gives it back', (key, writtenAs) => {
    const item = exampleItem('a', inferencesOf(key));
    const document = documentOf(item);
    expect(document.timings_ms).toEqual({ [writtenAs]: 1.5 });
    expect(document.inferences).toEqual({ [writtenAs]: { [writtenAs]: { [writtenAs]: { [writtenAs]: 1 } } } });
    expect(keysOf(document).filter((one) => /[.\0]|^\$|^_bsontype$/.test(one))).toEqual([]);
    expect(itemOfDocument(document, 'a')).toEqual(item);
  });

  it('keeps keys of later versions apart from its own', () => {
    const item = { ...exampleItem('a'), _id: 'mine', received: 'yesterday', later: { $ref: [1, { 'x.y': 2 }] } };
    const document = documentOf(item);
    expect(document).toMatchObject({ _id: 'a', received: new Date('2026-04-02T09:22:12.250Z') });
    expect(itemOfDocument(document, 'a')).toEqual(item);
  });

  it('has no date where the item has none that can be read', () => {
    expect(documentOf(exampleItem('a', { received_at: 'noon' })).received).toBeNull();
  });

  it('leaves out what has no value and keeps no number that JSON has not', () => {
    const document = documentOf(exampleItem('a', { timings_ms: { lost: Number.NaN, endless: Infinity } }));
    expect(document.timings_ms).toEqual({ lost: null, endless: null });
    const results = { camera: { model: { object_1: { absent: undefined, list: [undefined] } } } };
    const { inferences } = documentOf(exampleItem('a', { inferences: results }));
    expect(inferences).toStrictEqual({ camera: { model: { object_1: { list: [null] } } } });
  });

  it('is refused when it is deeper than a server takes', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level += 1) deep = { deep };
    const item = exampleItem('a', { inferences: { camera: { model: { object_1: deep } } } });
    expect(() => documentOf(item)).toThrow(expect.objectContaining({ code: 'REFUSED' }));
  });

  it('of someone else is no item, and that is told', () => {
    expect(() => itemOfDocument({ _id: 'a', id: 7 }, 'a')).toThrow('the document of item a is not an item');
  });
});

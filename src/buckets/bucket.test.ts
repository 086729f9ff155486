import { describe, expect, it } from 'vitest';
import { keyOfName, nameOfKey, nameToWrite } from './bucket.ts';

const key = { config: 'line', itemId: '03a7adc7-59d5-4190-8160-4a71fd07cac5', name: 'camera_id3.jpg' };

describe('the names of objects', () => {
  it('are the station, the config, the item and the file, and lead back to them', () => {
    const name = 'edge-1/line/03a7adc7-59d5-4190-8160-4a71fd07cac5/camera_id3.jpg';
    expect(nameOfKey('edge-1', key)).toBe(name);
    expect(nameToWrite('edge-1', key)).toBe(name);
    expect(keyOfName('edge-1', name)).toEqual(key);
  });

  it.each([
    ['..', 'item-1', 'front.jpg'],
    ['line', '../other-station', 'front.jpg'],
    ['line', 'item-1', 'a/b.jpg'],
    ['line', 'item-1', '.hidden'],
    ['', 'item-1', 'front.jpg'],
    ['line', 'item\0', 'front.jpg'],
    ['línea', 'item-1', 'front.jpg'],
    ['line', '部品', 'front.jpg'],
    ['line', 'item-1', 'front.jpg\n'],
  ])('are not made of config %j, item %j, name %j', (config, itemId, name) => {
    expect(nameOfKey('edge-1', { config, itemId, name })).toBeUndefined();
    expect(() => nameToWrite('edge-1', { config, itemId, name })).toThrow('never stored');
  });

  it.each([
    'edge-10/line/item-1/front.jpg',
    'edge-1',
    'edge-1/',
    'edge-1/line/item-1',
    'edge-1/line/item-1/',
    'edge-1/line/item-1/front.jpg/more',
    'edge-1//item-1/front.jpg',
    'edge-1/line/../front.jpg',
    'edge-1/line/item 1/front.jpg',
    '/edge-1/line/item-1/front.jpg',
  ])('lead nowhere when they are strange: %j', (name) => {
    expect(keyOfName('edge-1', name)).toBeUndefined();
  });
});

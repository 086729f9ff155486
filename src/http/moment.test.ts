import { describe, expect, it } from 'vitest';
import { momentOf } from './moment.ts';

const SECOND = 1_000;
const DAY = 86_400_000;

describe('a time in a query', () => {
  it.each([
    ['2024-04-02T11:22:12.345Z', '2024-04-02T11:22:12.345Z', 1],
    ['2024-04-02T11:22:12,3Z', '2024-04-02T11:22:12.300Z', 1],
    ['2024-04-02T11:22:12.123456789Z', '2024-04-02T11:22:12.123Z', 1],
    ['2024-04-02T11:22:12+02:00', '2024-04-02T09:22:12.000Z', SECOND],
    ['2024-04-02T11:22:12 02:00', '2024-04-02T09:22:12.000Z', SECOND],
    ['2024-04-02T11:22:12-0530', '2024-04-02T16:52:12.000Z', SECOND],
    ['2024-04-02t11:22z', '2024-04-02T11:22:00.000Z', 60 * SECOND],
    ['2024-02-29T00:00Z', '2024-02-29T00:00:00.000Z', 60 * SECOND],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z', SECOND],
  ])('%s begins at %s and lasts %i ms', (text, first, length) => {
    const begin = Date.parse(first);
    expect(momentOf(text)).toEqual({ first: begin, last: begin + length - 1 });
  });

  it.each([
    ['2024-04-02', new Date(2024, 3, 2), DAY],
    ['2024-12-31', new Date(2024, 11, 31), DAY],
    ['2024-04-02T11:22:12', new Date(2024, 3, 2, 11, 22, 12), SECOND],
    ['2024-04-02 11:22:12', new Date(2024, 3, 2, 11, 22, 12), SECOND],
    ['2024-04-02T11:22', new Date(2024, 3, 2, 11, 22), 60 * SECOND],
  ])('%s is the local time of the station', (text, first, length) => {
    expect(momentOf(text)).toEqual({ first: first.getTime(), last: first.getTime() + length - 1 });
  });

  it.each([
    '',
    'yesterday',
    '2024',
    '2024-04',
    '2024-13-01',
    '2024-02-30',
    '2023-02-29',
    '2024-00-10',
    '2024-04-02T24:00',
    '2024-04-02T11',
    '2024-04-02T11:60',
    '2024-04-02T11:22:60Z',
    '2024-04-02T11:22:12+24:00',
    '2024-04-02T11:22:12+02:60',
    '2024-04-02Z',
    ' 2024-04-02',
    '2024-04-02 ',
    '1712049732',
    '2024-4-2',
    '20240402',
    '２０２４-04-02',
  ])('cannot be "%s"', (text) => {
    expect(momentOf(text)).toBeUndefined();
  });
});

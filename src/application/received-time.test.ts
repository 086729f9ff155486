import { describe, expect, it, vi } from 'vitest';
import { localTime, zonedTime } from './received-time.ts';

const SUMMER = '2026-07-02T22:05:09.004Z';
const WINTER = '2026-01-02T22:05:09.040Z';

describe('the received time of an item', () => {
  it.each([
    ['UTC', SUMMER, '2026-07-02 22:05:09', '2026-07-02T22:05:09.004+00:00'],
    ['Europe/Berlin', SUMMER, '2026-07-03 00:05:09', '2026-07-03T00:05:09.004+02:00'],
    ['Europe/Berlin', WINTER, '2026-01-02 23:05:09', '2026-01-02T23:05:09.040+01:00'],
    ['Asia/Kolkata', SUMMER, '2026-07-03 03:35:09', '2026-07-03T03:35:09.004+05:30'],
    ['America/St_Johns', WINTER, '2026-01-02 18:35:09', '2026-01-02T18:35:09.040-03:30'],
    ['Pacific/Marquesas', WINTER, '2026-01-02 12:35:09', '2026-01-02T12:35:09.040-09:30'],
    ['Pacific/Kiritimati', SUMMER, '2026-07-03 12:05:09', '2026-07-03T12:05:09.004+14:00'],
  ])('is the local time of a station in %s at %s', (zone, moment, local, zoned) => {
    vi.stubEnv('TZ', zone);
    expect(localTime(new Date(moment))).toBe(local);
    expect(zonedTime(new Date(moment))).toBe(zoned);
    expect(Date.parse(zonedTime(new Date(moment)))).toBe(Date.parse(moment));
  });
});

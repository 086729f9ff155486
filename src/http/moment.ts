const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+\- ])(\d\d):?(\d\d))?)?$/i;

const MINUTE_MS = 60_000;

/** Year, month (from 0), day, hour, minute, second, millisecond; a field beyond its range carries over. */
type Fields = [number, number, number, number, number, number, number];

/** A span of time, in milliseconds since the epoch: both ends belong to it. */
export interface Moment {
  readonly first: number;
  readonly last: number;
}

/**
 * What an ISO 8601 text names: a day, a minute, a second or a millisecond, from its first to its last millisecond.
 * Without a zone it is the station's local time. Undefined for anything that is no such time (also February 30th).
 * A blank before the zone is a `+` that was sent without being encoded.
 */
export function momentOf(text: string): Moment | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, utc, sign, zoneHour = '0', zoneMinute = '0'] = match;
  const fields: Fields = [
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
    Number((fraction ?? '').padEnd(3, '0').slice(0, 3)),
  ];
  if (!isOnTheClock(fields) || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;

  const smallest = [hour, second, fraction].filter((part) => part !== undefined).length;
  const unit = ([2, 4, 5, 6] as const)[smallest as 0 | 1 | 2 | 3];
  const next: Fields = [...fields];
  next[unit] += 1;
  if (utc === undefined && sign === undefined) return { first: localTime(fields), last: localTime(next) - 1 };
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * MINUTE_MS * (sign === '-' ? -1 : 1);
  return { first: utcTime(fields) - zoneMs, last: utcTime(next) - zoneMs - 1 };
}

function isOnTheClock(fields: Fields): boolean {
  const date = new Date(utcTime(fields));
  return (
    date.getUTCMonth() === fields[1] &&
    date.getUTCDate() === fields[2] &&
    fields[3] < 24 &&
    fields[4] < 60 &&
    fields[5] < 60
  );
}

// Not `new Date(year, …)` and `Date.UTC(year, …)`, which take the years 0…99 for 1900…1999.
function localTime([year, month, day, ...clock]: Fields): number {
  const date = new Date(0);
  date.setFullYear(year, month, day);
  return date.setHours(...clock);
}

function utcTime([year, month, day, ...clock]: Fields): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.setUTCHours(...clock);
}

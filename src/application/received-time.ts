const two = (value: number): string => String(value).padStart(2, '0');

/** Local time of the station for people and for readers of the reference format: `YYYY-MM-DD hh:mm:ss`. */
export function localTime(moment: Date): string {
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day} ${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
}

/** The same moment as ISO 8601 with milliseconds and the zone of the station: `2026-04-02T11:22:12.250+02:00`. */
export function zonedTime(moment: Date): string {
  const offset = -moment.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const zone = `${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${localTime(moment).replace(' ', 'T')}.${String(moment.getMilliseconds()).padStart(3, '0')}${zone}`;
}

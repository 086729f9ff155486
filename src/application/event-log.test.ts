import { describe, expect, it } from 'vitest';
import { createEventLog, type EventLog, type NumberedEvent } from './event-log.ts';

const publish = (log: EventLog, ...names: readonly string[]): void => {
  for (const active of names) log.publish({ event: 'config', data: { active } });
};

/** The names of the configs that a listener hears, in order. */
function heardBy(log: EventLog, lastEventId?: string): { names: (string | null)[]; ids: string[]; end: () => void } {
  const names: (string | null)[] = [];
  const ids: string[] = [];
  const listener = (event: NumberedEvent): void => {
    ids.push(event.id);
    if (event.event === 'config') names.push(event.data.active);
  };
  return { names, ids, end: log.subscribe(listener, lastEventId) };
}

describe('the event log', () => {
  it('tells every listener what happens, in order, until it ends', () => {
    const log = createEventLog('run');
    publish(log, 'before');
    const first = heardBy(log);
    const second = heardBy(log);
    publish(log, 'a', 'b');
    first.end();
    publish(log, 'c');
    expect(first.names).toEqual(['a', 'b']);
    expect(second.names).toEqual(['a', 'b', 'c']);
    expect(new Set(second.ids).size).toBe(3);
  });

  it('resumes after the last event that a listener has heard', () => {
    const log = createEventLog('run');
    const before = heardBy(log);
    publish(log, 'a');
    before.end();
    publish(log, 'b', 'c');
    const after = heardBy(log, before.ids.at(-1));
    publish(log, 'd');
    expect(after.names).toEqual(['b', 'c', 'd']);
  });

  it('tells a listener who has heard everything only what is new', () => {
    const log = createEventLog('run');
    const before = heardBy(log);
    publish(log, 'a');
    const after = heardBy(log, before.ids.at(-1));
    expect(after.names).toEqual([]);
  });

  it('keeps the last 1,000 events for who comes back late', () => {
    const log = createEventLog('run');
    const before = heardBy(log);
    publish(log, ...Array.from({ length: 1_500 }, (_, index) => String(index)));
    expect(heardBy(log, before.ids[0]).names).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index + 500)));
    expect(heardBy(log, before.ids[499]).names[0]).toBe('500');
    expect(heardBy(log, before.ids[500]).names[0]).toBe('501');
  });

  it.each([
    ['an id of an earlier run of the station', 'earlier-2'],
    ['an id that is none', 'nonsense'],
  ])('tells all that is kept to a listener with %s', (_what, id) => {
    const log = createEventLog('run');
    publish(log, 'a', 'b');
    expect(heardBy(log, id).names).toEqual(['a', 'b']);
  });

  it('lets a listener that throws touch neither the one who publishes nor the others', () => {
    const log = createEventLog('run');
    let calls = 0;
    log.subscribe(() => {
      calls += 1;
      throw new Error('the connection is gone');
    });
    const other = heardBy(log);
    publish(log, 'a', 'b');
    expect(other.names).toEqual(['a', 'b']);
    expect(calls).toBe(1);
  });

  it('lets a listener end while it is told', () => {
    const log = createEventLog('run');
    const heard: string[] = [];
    const end = log.subscribe((event) => {
      heard.push(event.id);
      end();
    });
    const other = heardBy(log);
    publish(log, 'a', 'b');
    expect(heard).toHaveLength(1);
    expect(other.names).toEqual(['a', 'b']);
  });
});

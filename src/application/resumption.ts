import { messageOf } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Log } from '../ports/context.ts';
import type { Recoveries } from '../ports/journal.ts';
import type { HeldStation, Inspections } from './inspections.ts';
import type { ItemRecords } from './item-records.ts';

/** Finishes items that an earlier run of the station left, from their stored pictures, beside the new ones. */
export interface Resumption {
  /** Puts items in line. */
  add(items: readonly Item[]): void;
  /** How many are in line or being finished. */
  waiting(): number;
  /** Finishes what is being finished and begins no other; the rest is for the next start. */
  close(): Promise<void>;
}

export interface ResumptionOptions {
  readonly inspections: Pick<Inspections, 'resume'>;
  readonly records: ItemRecords;
  readonly recoveries: Recoveries;
  /** The station that an item was triggered at, open. Rejects when there is none any more. */
  readonly stationOf: (item: Item) => Promise<HeldStation>;
  /** Called when the line is empty again: what was opened for it may be closed. */
  readonly whenIdle?: () => Promise<void>;
  readonly log: Log;
}

/** One item at a time: when one of them ends the process, it is known which. */
export function createResumption(options: ResumptionOptions): Resumption {
  const { inspections, records, recoveries, stationOf, whenIdle, log } = options;
  const line: Item[] = [];
  let running: Promise<void> | null = null;
  let isClosed = false;

  const finish = async (item: Item): Promise<void> => {
    const known = (await recoveries.all()).find(({ itemId }) => itemId === item.id);
    const wasSetAside = item.state === 'Done';
    const attempts = known?.attempts ?? 0;
    await recoveries.put({
      ...{ itemId: item.id, state: 'running', attempts, sinceMs: Date.now() },
      reason: known?.reason ?? `the station ended in step "${item.state}" of this item`,
    });
    const note = wasSetAside
      ? 'it was set aside, and decided from its stored pictures when somebody asked to'
      : 'the station stopped while it was inspected; it was finished from its stored pictures';
    const begun = { ...item, warnings: [note] };
    const held = await stationOf(item).catch(async (error: unknown) => {
      const reason = `its station config "${item.station_config}" cannot be opened as it was: ${messageOf(error)}`;
      await records.finish({ ...begun, decision: 'NO_DECISION', error: `the item could not be finished: ${reason}` });
    });
    if (held) await inspections.resume(held, begun);
  };

  const run = async (): Promise<void> => {
    for (let next = line.shift(); next !== undefined; next = line.shift()) {
      const { id } = next;
      await finish(next).catch((error: unknown) =>
        log.error({ itemId: id, reason: messageOf(error) }, 'an item could not be taken up again'),
      );
      if (isClosed) return;
    }
    await whenIdle?.();
  };

  return {
    add(items) {
      line.push(...items);
      if (isClosed) return;
      running ??= run().finally(() => {
        running = null;
      });
    },
    waiting: () => line.length + (running === null ? 0 : 1),
    async close() {
      isClosed = true;
      await running;
    },
  };
}

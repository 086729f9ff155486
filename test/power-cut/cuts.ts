/**
 * Every place in a recorded run where the power may fail: before and after each sync, since what is durable changes
 * only there, and at each answer, since that is what a client holds the station to.
 */
import { type CrashDisk, createCrashDisk, type DiskState, type Survival } from './crash-disk.ts';
import type { Moment } from './disk-events.ts';

export interface Cut {
  readonly number: number;
  /** Where in the run, for whoever reads about a failure. */
  readonly place: string;
  /** Items whose answer may have reached a client. */
  readonly answered: ReadonlySet<string>;
  /** The item whose answer is on its way at this very moment. */
  readonly answering: string | null;
  stateAfter(survival: Survival): DiskState;
}

/** The cuts of a run that began with these files. Each is to be looked at before the next one is asked for. */
export function* cutsOf(initial: DiskState, moments: readonly Moment[]): Generator<Cut> {
  const disk: CrashDisk = createCrashDisk(initial);
  const answered = new Set<string>();
  let number = 0;
  for (const { phase, event, line } of moments) {
    if (phase === 'begin') disk.begin(event);
    else disk.end(event);
    const isAnswer = event.kind === 'answer' && phase === 'begin';
    if (isAnswer) answered.add(event.itemId);
    if (!isAnswer && event.kind !== 'sync') continue;
    const what = isAnswer
      ? `at the answer ${event.itemId}`
      : `${phase === 'begin' ? 'before' : 'after'} the sync of ${event.kind === 'sync' ? event.path : ''}`;
    yield {
      number,
      place: `cut ${number}, ${what} (line ${line + 1} of the trace)`,
      answered: new Set(answered),
      answering: isAnswer ? event.itemId : null,
      stateAfter: disk.stateAfter,
    };
    number += 1;
  }
}

/** What may be found after each cut: nothing of what was on its way, all of it, and one choice at random. */
export const survivalsOf = ({ number }: Cut): readonly Survival[] => ['nothing', 'everything', { seed: number }];

export const survivalText = (survival: Survival): string =>
  typeof survival === 'string' ? `${survival} on its way kept` : `a part on its way kept (seed ${survival.seed})`;

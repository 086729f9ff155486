import type { Item, ItemState } from '../domain/item.ts';

/** Runs one step of an inspection: publishes its state when it begins and keeps how long it took. */
export type RunStep = <Result>(state: ItemState, run: () => Promise<Result>) => Promise<Result>;

export interface StepClock {
  readonly step: RunStep;
  /** Milliseconds of the steps so far, under the state's name in snake case. */
  timings(): Item['timings_ms'];
}

/** `now` counts milliseconds and never steps back. */
export function createStepClock(publish: (state: ItemState) => void, now: () => number): StepClock {
  const timings: Record<string, number> = {};
  return {
    async step(state, run) {
      publish(state);
      const begin = now();
      try {
        return await run();
      } finally {
        timings[state.toLowerCase().replaceAll(' ', '_')] = milliseconds(now() - begin);
      }
    },
    timings: () => ({ ...timings }),
  };
}

/** Three decimals are what a clock of this kind can tell. */
export function milliseconds(duration: number): number {
  return Math.round(duration * 1_000) / 1_000;
}

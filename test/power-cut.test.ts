import { beforeAll, describe, expect, it } from 'vitest';
import { programPath, without } from '../src/testing/needs.test-support.ts';
import { newFolder } from './edge-root.test-support.ts';
import { type Claim, createClaims } from './power-cut/claims.ts';
import type { DiskState } from './power-cut/crash-disk.ts';
import { type Cut, cutsOf, survivalsOf, survivalText } from './power-cut/cuts.ts';
import { isTraceable, type RecordedRun, recordRun } from './power-cut/recorded-run.ts';
import { brokenAfterRestart } from './power-cut/restarted-station.ts';

/**
 * A real station is recorded by strace, and its disk is then rebuilt as a power cut could have left it at any moment of
 * the run; `power-cut/crash-disk.ts` says what the disk is taken to promise.
 */

const CLAIMS: readonly Claim[] = [
  'an answered trigger has its item',
  'the journal is sound',
  'a picture with its final name is whole',
  'a result that was saved is whole, and so are its pictures',
  'an item that the journal says is OK has its pictures',
  'an answered upload has its picture',
  'the config of an answered item is kept',
  'an answered trigger has the picture that it brought',
];

/** Cuts after which a station is really started: so many over the run, and so many at answers. */
const RESTARTS = 6;
const AT_ONCE = 2;
/** For a machine with much else to do; half a minute is enough where there is nothing. */
const TIMEOUT_MS = 180_000;

interface Checked {
  readonly states: number;
  /** By claim, the sentences on what breaks it. */
  readonly broken: ReadonlyMap<Claim, readonly string[]>;
}

/** Looks at every state after every cut. */
function checkAll(run: RecordedRun): Checked {
  const brokenBy = createClaims({ ...run, folder: newFolder() });
  const broken = new Map<Claim, string[]>();
  let states = 0;
  for (const cut of cutsOf(run.initial, run.moments)) {
    for (const survival of survivalsOf(cut)) {
      states += 1;
      for (const { claim, sentence } of brokenBy(cut.stateAfter(survival), cut.answered)) {
        const sentences = broken.get(claim) ?? [];
        broken.set(claim, sentences);
        sentences.push(`${cut.place}, ${survivalText(survival)}: ${sentence}`);
      }
    }
  }
  return { states, broken };
}

interface Sample {
  readonly name: string;
  readonly answered: ReadonlySet<string>;
  readonly state: DiskState;
}

/** States of cuts spread over the run, and of cuts at answers; every second one with a part on its way kept. */
function samplesOf(run: RecordedRun): readonly Sample[] {
  const cuts = (): Iterable<Cut> => cutsOf(run.initial, run.moments);
  const numbers = [...cuts()].map(({ number, answering }) => ({ number, isAnswer: answering !== null }));
  const chosen = new Set([
    ...spread(numbers, RESTARTS).map(({ number }) => number),
    ...spread(
      numbers.filter(({ isAnswer }) => isAnswer),
      RESTARTS,
    ).map(({ number }) => number),
  ]);
  const samples: Sample[] = [];
  for (const cut of cuts()) {
    if (!chosen.has(cut.number)) continue;
    const survival = samples.length % 2 === 0 ? 'nothing' : { seed: cut.number };
    const name = `${cut.place}, ${survivalText(survival)}`;
    samples.push({ name, answered: cut.answered, state: cut.stateAfter(survival) });
  }
  return samples;
}

/** So many of them, the last one too, at even distances. */
function spread<One>(all: readonly One[], count: number): readonly One[] {
  return all.filter(
    (_, index) => Math.floor(((index + 1) * count) / all.length) > Math.floor((index * count) / all.length),
  );
}

const isReady = isTraceable();
/** A container may have the program and forbid what it does. */
const need = programPath('strace') === undefined ? 'strace' : 'permission to trace';
const withoutTrace = without(need, isReady);

describe.skipIf(withoutTrace !== '')(`a power cut at any moment${withoutTrace}`, () => {
  let run: RecordedRun;
  let checked: Checked;
  beforeAll(async () => {
    run = await recordRun();
    checked = checkAll(run);
  }, TIMEOUT_MS);

  it('is looked for in a run that moves its journal from the log to the database between two answers', () => {
    const places = run.moments.flatMap(({ event }, index) =>
      event.kind === 'sync' && event.path === 'data/journal.db' ? [index] : [],
    );
    const answers = run.moments.flatMap(({ event }, index) => (event.kind === 'answer' ? [index] : []));
    expect(places.some((place) => place > (answers[0] ?? 0) && place < (answers.at(-1) ?? 0))).toBe(true);
    expect(new Set(run.sent.keys()).size).toBeGreaterThan(30);
    expect(checked.states).toBeGreaterThan(1_000);
  });

  it.each(CLAIMS)('leaves no disk where this is not so: %s', (claim) => {
    // one mistake shows in thousands of states
    expect((checked.broken.get(claim) ?? []).slice(0, 5)).toEqual([]);
  });

  it(
    'leaves a disk that a station starts on, with every answered item once, Done, and OK only with its pictures',
    async () => {
      const broken: string[] = [];
      const waiting = samplesOf(run).values();
      const restart = async (): Promise<void> => {
        for (const { name, state, answered } of waiting) {
          for (const sentence of await brokenAfterRestart(run, state, answered)) broken.push(`${name}: ${sentence}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, restart));
      expect(broken).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

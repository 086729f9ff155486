import { CAVITY_COUNT, type FoilLabel, type TabletLabel } from './pack.ts';
import type { Random } from './random.ts';

export interface Plan {
  readonly number: number;
  readonly tablets: readonly TabletLabel[];
  readonly foil: FoilLabel;
}

const TABLET_DEFECTS: readonly TabletLabel[] = ['chipped', 'empty'];
const FOIL_DEFECTS: readonly FoilLabel[] = ['torn', 'unprinted', 'smudged'];

function wholeTablets(): TabletLabel[] {
  return Array.from({ length: CAVITY_COUNT }, () => 'whole');
}

function defectiveTablets(nextDefect: () => TabletLabel, share: number, random: Random): TabletLabel[] {
  const tablets = wholeTablets().map((label) => (random.chance(share) ? random.pick(TABLET_DEFECTS) : label));
  tablets[random.whole(0, CAVITY_COUNT - 1)] = nextDefect();
  return tablets;
}

function inTurn<T>(values: readonly T[]): () => T {
  let taken = 0;
  return () => {
    const value = values[taken % values.length];
    if (value === undefined) throw new Error('nothing to take in turn');
    taken += 1;
    return value;
  };
}

export function planItems(mix: string, count: number, random: Random): Plan[] {
  const plans: Plan[] = [];
  const [nextTop, nextFoil] = [inTurn(TABLET_DEFECTS), inTurn(FOIL_DEFECTS)];
  let block: (readonly [top: boolean, foil: boolean])[] = [];
  for (let number = 1; number <= count; number += 1) {
    if (mix === 'balanced') {
      const foil = random.chance(0.5) ? 'intact' : random.pick(FOIL_DEFECTS);
      plans.push({
        number,
        tablets: random.chance(0.5) ? wholeTablets() : defectiveTablets(() => random.pick(TABLET_DEFECTS), 0.6, random),
        foil,
      });
      continue;
    }
    if (block.length === 0) {
      const kinds = [
        ...Array(18).fill([false, false]),
        ...Array(5).fill([true, false]),
        ...Array(5).fill([false, true]),
        ...Array(2).fill([true, true]),
      ];
      block = random.shuffled(kinds);
    }
    const [top, foil] = block.pop() ?? [false, false];
    plans.push({
      number,
      tablets: top ? defectiveTablets(nextTop, 0.08, random) : wholeTablets(),
      foil: foil ? nextFoil() : 'intact',
    });
  }
  return plans;
}

import { type Colour, jitter } from './colour.ts';
import type { Random } from './random.ts';

/** How a product looks; drawn anew for every item, independent of what is wrong with it. */
export interface Design {
  readonly shape: 'round' | 'oblong';
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly tablet: Colour;
  readonly core: Colour;
  readonly score: boolean;
  readonly letters: string;
  readonly lacquer: Colour;
  readonly ink: Colour;
  readonly film: Colour;
  readonly strength: string;
  readonly knurl: number;
}

const TABLETS: readonly Colour[] = [
  [240, 238, 232],
  [236, 226, 200],
  [232, 176, 186],
  [238, 205, 110],
  [232, 150, 84],
  [150, 190, 220],
  [160, 205, 160],
  [176, 96, 78],
  [196, 170, 214],
  [120, 130, 150],
  [205, 205, 200],
  [214, 110, 120],
];

const LACQUERS: readonly Colour[] = [
  [188, 190, 194],
  [168, 172, 178],
  [205, 186, 140],
  [226, 226, 222],
  [160, 186, 206],
  [170, 200, 180],
  [210, 172, 166],
  [148, 150, 170],
  [190, 150, 110],
  [120, 150, 190],
];

const INKS: readonly Colour[] = [
  [30, 40, 90],
  [20, 20, 24],
  [130, 24, 40],
  [16, 84, 70],
  [70, 40, 110],
  [20, 90, 150],
];

const FILMS: readonly Colour[] = [
  [255, 255, 255],
  [255, 255, 255],
  [255, 255, 255],
  [236, 190, 120],
  [190, 215, 235],
];

export function drawDesign(random: Random): Design {
  const shape = random.pick(['round', 'oblong'] as const);
  const radius = random.between(42, 48);
  return {
    shape,
    halfWidth: shape === 'round' ? radius : random.between(35, 40),
    halfHeight: shape === 'round' ? radius : random.between(52, 57),
    tablet: jitter(random.pick(TABLETS), 12, random),
    core: jitter([238, 232, 220], 10, random),
    score: random.chance(0.5),
    letters: random.pick(['', '', 'SV', 'S5', 'V20', '40']),
    lacquer: jitter(random.pick(LACQUERS), 14, random),
    ink: jitter(random.pick(INKS), 10, random),
    film: random.pick(FILMS),
    strength: random.pick(['5', '10', '20', '40', '80']),
    knurl: random.between(4.5, 7.5),
  };
}

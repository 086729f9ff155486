import type { Point } from './geometry.ts';

/** What the pictures are about: one blister pack of 2 × 4 cavities, drawn as SVG from its film side and from its foil side. */
export type TabletLabel = 'whole' | 'chipped' | 'empty';
export type FoilLabel = 'intact' | 'torn' | 'unprinted' | 'smudged';

/** A place on the foil, in the scene: a printed code and what became of it, or a hole. */
export interface FoilMark {
  readonly what: 'code' | Exclude<FoilLabel, 'intact'>;
  readonly points: readonly Point[];
}

export const CAVITY_COUNT = 8;

export const PACK = {
  width: 500,
  height: 304,
  radius: 20,
  pitchX: 117,
  pitchY: 126,
  rowsCentre: -19,
  codeTop: 103,
  codeHeight: 40,
} as const;

export const PACK_RECT = `x="${-PACK.width / 2}" y="${-PACK.height / 2}" width="${PACK.width}" height="${PACK.height}" rx="${PACK.radius}"`;

export function cavityCentres(): Point[] {
  return [-0.5, 0.5].flatMap((row) =>
    [-1.5, -0.5, 0.5, 1.5].map((column): Point => [column * PACK.pitchX, PACK.rowsCentre + row * PACK.pitchY]),
  );
}

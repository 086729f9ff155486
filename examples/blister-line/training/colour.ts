import type { Random } from './random.ts';

export type Colour = readonly [red: number, green: number, blue: number];

function clamp(value: number): number {
  return Math.max(0, Math.min(255, value));
}

export function jitter(colour: Colour, amount: number, random: Random): Colour {
  const all = random.between(-amount, amount);
  const one = (channel: number): number => clamp(channel + all + random.between(-amount / 3, amount / 3));
  return [one(colour[0]), one(colour[1]), one(colour[2])];
}

export function mix(from: Colour, to: Colour, share: number): Colour {
  const one = (a: number, b: number): number => a + (b - a) * share;
  return [one(from[0], to[0]), one(from[1], to[1]), one(from[2], to[2])];
}

export const WHITE: Colour = [255, 255, 255];
export const BLACK: Colour = [0, 0, 0];

/** Brighter for a positive amount, darker for a negative one. */
export function shade(colour: Colour, amount: number): Colour {
  return amount >= 0 ? mix(colour, WHITE, amount) : mix(colour, BLACK, -amount);
}

export function rgb(colour: Colour, alpha = 1): string {
  return `rgba(${colour.map((channel) => Math.round(channel)).join(',')},${alpha.toFixed(3)})`;
}

import type { Random } from './random.ts';

export type Point = readonly [x: number, y: number];

/** A circle, or a stadium when it is taller than wide. */
export function outline(halfWidth: number, halfHeight: number, steps = 72): Point[] {
  const straight = halfHeight - halfWidth;
  return Array.from({ length: steps }, (_, step): Point => {
    const angle = (step / steps) * 2 * Math.PI;
    const y = Math.sin(angle) * halfWidth;
    return [Math.cos(angle) * halfWidth, y + Math.sign(y) * straight];
  });
}

export function rectangle(x: number, y: number, width: number, height: number): Point[] {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

export function rotate(points: readonly Point[], angle: number): Point[] {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return points.map(([x, y]) => [x * cos - y * sin, x * sin + y * cos]);
}

/** A line from one point to another that breaks as brittle material does. */
export function jagged(from: Point, to: Point, roughness: number, bow: number, random: Random, steps = 14): Point[] {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
  const normal: Point = [-(to[1] - from[1]) / length, (to[0] - from[0]) / length];
  let wander = 0;
  return Array.from({ length: steps + 1 }, (_, step): Point => {
    const share = step / steps;
    wander = 0.6 * wander + random.between(-roughness, roughness);
    const ends = Math.sin(Math.PI * share);
    const off = ends * (wander + bow);
    return [
      from[0] + (to[0] - from[0]) * share + normal[0] * off,
      from[1] + (to[1] - from[1]) * share + normal[1] * off,
    ];
  });
}

/** The part of a convex outline above the line y = limit, open at the cut: the cut's two ends are the first and the last point. */
export function above(points: readonly Point[], limit: number): Point[] {
  const kept: Point[] = [];
  const count = points.length;
  let start = points.findIndex(([, y], index) => y > limit && (points[(index + 1) % count]?.[1] ?? 0) <= limit);
  if (start < 0) start = 0;
  for (let step = 0; step <= count; step += 1) {
    const here = points[(start + step) % count];
    const next = points[(start + step + 1) % count];
    if (here === undefined || next === undefined) continue;
    const crosses = here[1] > limit !== next[1] > limit;
    if (here[1] <= limit && step > 0 && step < count) kept.push(here);
    if (crosses) {
      const share = (limit - here[1]) / (next[1] - here[1]);
      kept.push([here[0] + (next[0] - here[0]) * share, limit]);
    }
    if (crosses && step > 0 && next[1] > limit) break;
  }
  return kept;
}

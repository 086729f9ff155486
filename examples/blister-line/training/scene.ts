import { BLACK, type Colour, jitter, rgb, shade, WHITE } from './colour.ts';
import { jagged, type Point } from './geometry.ts';
import type { Random } from './random.ts';
import { type Definitions, grid, type Light, n, polyline, stopsOf } from './svg.ts';

/** The scene is larger than the camera's picture, so that a tilted camera never sees past its edge. */
export const SCENE = { width: 800, height: 600 } as const;

const BELTS: readonly Colour[] = [
  [44, 48, 50],
  [70, 76, 74],
  [36, 66, 58],
  [34, 56, 86],
  [104, 106, 104],
  [150, 150, 144],
  [58, 50, 46],
];

interface Pose {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly scale: number;
}

export function drawPose(random: Random): Pose {
  return {
    x: SCENE.width / 2 + random.between(-20, 20),
    y: SCENE.height / 2 + random.between(-26, 26),
    angle: random.between(-0.11, 0.11),
    scale: random.between(0.98, 1.09),
  };
}

export function toScene(pose: Pose, [x, y]: Point): Point {
  const cos = Math.cos(pose.angle) * pose.scale;
  const sin = Math.sin(pose.angle) * pose.scale;
  return [pose.x + x * cos - y * sin, pose.y + x * sin + y * cos];
}

export function beltSvg(definitions: Definitions, light: Light, random: Random): string {
  const colour = jitter(random.pick(BELTS), 12, random);
  const { width, height } = SCENE;
  const fill = definitions.alongLight(light, [
    [0, rgb(shade(colour, 0.12))],
    [1, rgb(shade(colour, -0.2))],
  ]);
  const weave = random.between(5, 9);
  const threads = grid(width, height, weave, random.between(-0.06, 0.06));
  const parts = [
    `<rect width="${width}" height="${height}" fill="${fill}"/><g fill="none" stroke-width="${n(weave / 2)}"><path d="${threads}" stroke="${rgb(WHITE, 0.045)}"/>` +
      `<path d="${threads}" transform="translate(${n(weave / 2)} ${n(weave / 2)})" stroke="${rgb(BLACK, 0.08)}"/></g>`,
  ];
  for (let mark = random.whole(2, 9); mark > 0; mark -= 1) {
    const from: Point = [random.between(0, width), random.between(0, height)];
    const to: Point = [from[0] + random.between(-110, 110), from[1] + random.between(-8, 8)];
    parts.push(
      `<path d="${polyline(jagged(from, to, 1.5, random.between(-4, 4), random, 6))}" fill="none" stroke="${rgb(random.pick([WHITE, BLACK]), random.between(0.05, 0.16))}" stroke-width="${n(random.between(0.7, 2.2))}"/>`,
    );
  }
  // guide rails of the conveyor
  for (const [side, shown] of [
    [0, random.chance(0.75)],
    [1, random.chance(0.75)],
  ] as const) {
    if (!shown) continue;
    const depth = random.between(62, 88);
    const y = side === 0 ? 0 : height - depth;
    const metal = jitter([150, 152, 156], 25, random);
    const steel = definitions.add(
      (id) =>
        `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stopsOf([
          [0, rgb(shade(metal, -0.4))],
          [0.3, rgb(shade(metal, -0.1))],
          [side === 0 ? 0.85 : 0.12, rgb(shade(metal, 0.5))],
          [1, rgb(shade(metal, -0.35))],
        ])}</linearGradient>`,
    );
    parts.push(
      `<rect x="0" y="${n(side === 0 ? y + 6 : y - 8)}" width="${width}" height="${n(depth)}" fill="${rgb(BLACK, 0.28)}"/><rect x="0" y="${n(y)}" width="${width}" height="${n(depth)}" fill="${steel}"/>`,
    );
    const first = random.between(0, 150);
    for (let x = first; x < width; x += 190) {
      const cy = side === 0 ? depth - 13 : y + 13;
      parts.push(
        `<circle cx="${n(x)}" cy="${n(cy)}" r="5.5" fill="${rgb(shade(metal, -0.45))}"/><circle cx="${n(x - 0.8)}" cy="${n(cy - 0.8)}" r="4" fill="${rgb(shade(metal, 0.25))}"/><path d="M${n(x - 3.2)} ${n(cy + 1.6)}l5 -4" stroke="${rgb(BLACK, 0.5)}" stroke-width="1.2"/>`,
      );
    }
  }
  return parts.join('');
}

export function sceneSvg(definitions: Definitions, background: string, pose: Pose, pack: string): string {
  const transform = `translate(${n(pose.x)} ${n(pose.y)}) rotate(${n((pose.angle * 180) / Math.PI)}) scale(${pose.scale.toFixed(4)})`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SCENE.width}" height="${SCENE.height}">` +
    `${definitions}${background}<g transform="${transform}">${pack}</g></svg>`
  );
}

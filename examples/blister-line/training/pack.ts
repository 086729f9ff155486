import { textPath, textWidth } from './lettering.ts';
import type { Random } from './random.ts';

/** What the pictures are about: one blister pack of 2 × 4 cavities, drawn as SVG from its film side and from its foil side. */
export type TabletLabel = 'whole' | 'chipped' | 'empty';
export type FoilLabel = 'intact' | 'torn' | 'unprinted' | 'smudged';
export type Point = readonly [x: number, y: number];
type Colour = readonly [red: number, green: number, blue: number];

/** A place on the foil, in the scene: a printed code and what became of it, or a hole. */
export interface FoilMark {
  readonly what: 'code' | Exclude<FoilLabel, 'intact'>;
  readonly points: readonly Point[];
}

/** The scene is larger than the camera's picture, so that a tilted camera never sees past its edge. */
export const SCENE = { width: 800, height: 600 } as const;
export const CAVITY_COUNT = 8;

const PACK = {
  width: 500,
  height: 304,
  radius: 20,
  pitchX: 117,
  pitchY: 126,
  rowsCentre: -19,
  codeTop: 103,
  codeHeight: 40,
} as const;

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
const BELTS: readonly Colour[] = [
  [44, 48, 50],
  [70, 76, 74],
  [36, 66, 58],
  [34, 56, 86],
  [104, 106, 104],
  [150, 150, 144],
  [58, 50, 46],
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

// ---------------------------------------------------------------- colours, shapes, SVG

function clamp(value: number): number {
  return Math.max(0, Math.min(255, value));
}

function jitter(colour: Colour, amount: number, random: Random): Colour {
  const all = random.between(-amount, amount);
  const one = (channel: number): number => clamp(channel + all + random.between(-amount / 3, amount / 3));
  return [one(colour[0]), one(colour[1]), one(colour[2])];
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const one = (a: number, b: number): number => a + (b - a) * share;
  return [one(from[0], to[0]), one(from[1], to[1]), one(from[2], to[2])];
}

const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];

/** Brighter for a positive amount, darker for a negative one. */
function shade(colour: Colour, amount: number): Colour {
  return amount >= 0 ? mix(colour, WHITE, amount) : mix(colour, BLACK, -amount);
}

function rgb(colour: Colour, alpha = 1): string {
  return `rgba(${colour.map((channel) => Math.round(channel)).join(',')},${alpha.toFixed(3)})`;
}

function n(value: number): string {
  return value.toFixed(2);
}

function polygon(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}Z`;
}

function polyline(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}`;
}

/** A circle, or a stadium when it is taller than wide. */
function outline(halfWidth: number, halfHeight: number, steps = 72): Point[] {
  const straight = halfHeight - halfWidth;
  return Array.from({ length: steps }, (_, step): Point => {
    const angle = (step / steps) * 2 * Math.PI;
    const y = Math.sin(angle) * halfWidth;
    return [Math.cos(angle) * halfWidth, y + Math.sign(y) * straight];
  });
}

function rectangle(x: number, y: number, width: number, height: number): Point[] {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

function rotate(points: readonly Point[], angle: number): Point[] {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return points.map(([x, y]) => [x * cos - y * sin, x * sin + y * cos]);
}

/** A line from one point to another that breaks as brittle material does. */
function jagged(from: Point, to: Point, roughness: number, bow: number, random: Random, steps = 14): Point[] {
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
function above(points: readonly Point[], limit: number): Point[] {
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

interface Light {
  readonly angle: number;
  readonly strength: number;
}

/** Gradient definitions are collected while drawing; each gets an id of its own. */
class Definitions {
  private readonly entries: string[] = [];

  add(make: (id: string) => string): string {
    const id = `d${this.entries.length}`;
    this.entries.push(make(id));
    return `url(#${id})`;
  }

  /** A gradient across the shape's own box, beginning on the side the light comes from. */
  alongLight(light: Light, stops: readonly (readonly [offset: number, colour: string])[]): string {
    const dx = Math.cos(light.angle) / 2;
    const dy = Math.sin(light.angle) / 2;
    return this.add(
      (id) =>
        `<linearGradient id="${id}" x1="${n(0.5 + dx)}" y1="${n(0.5 + dy)}" x2="${n(0.5 - dx)}" y2="${n(0.5 - dy)}">${stopsOf(stops)}</linearGradient>`,
    );
  }

  radial(cx: number, cy: number, stops: readonly (readonly [offset: number, colour: string])[]): string {
    return this.add(
      (id) => `<radialGradient id="${id}" cx="${n(cx)}" cy="${n(cy)}" r="0.62">${stopsOf(stops)}</radialGradient>`,
    );
  }

  toString(): string {
    return `<defs>${this.entries.join('')}</defs>`;
  }
}

function stopsOf(stops: readonly (readonly [offset: number, colour: string])[]): string {
  return stops.map(([offset, colour]) => `<stop offset="${n(offset)}" stop-color="${colour}"/>`).join('');
}

// ---------------------------------------------------------------- the scene around the pack

interface Pose {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly scale: number;
}

function drawPose(random: Random): Pose {
  return {
    x: SCENE.width / 2 + random.between(-20, 20),
    y: SCENE.height / 2 + random.between(-26, 26),
    angle: random.between(-0.11, 0.11),
    scale: random.between(0.98, 1.09),
  };
}

function toScene(pose: Pose, [x, y]: Point): Point {
  const cos = Math.cos(pose.angle) * pose.scale;
  const sin = Math.sin(pose.angle) * pose.scale;
  return [pose.x + x * cos - y * sin, pose.y + x * sin + y * cos];
}

/** Two families of parallel lines that cover a rectangle: turned by `angle`, `spacing` apart. */
function grid(width: number, height: number, spacing: number, angle: number): string {
  const reach = Math.hypot(width, height) / 2;
  const strokes: string[] = [];
  for (const turn of [angle, angle + Math.PI / 2]) {
    const [dx, dy] = [Math.cos(turn), Math.sin(turn)];
    for (let off = -reach; off <= reach; off += spacing) {
      const [x, y] = [width / 2 - dy * off, height / 2 + dx * off];
      strokes.push(`M${n(x - dx * reach)} ${n(y - dy * reach)}L${n(x + dx * reach)} ${n(y + dy * reach)}`);
    }
  }
  return strokes.join('');
}

function beltSvg(definitions: Definitions, light: Light, random: Random): string {
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

function packShadow(light: Light): string {
  const dx = -Math.cos(light.angle);
  const dy = -Math.sin(light.angle);
  return [3, 6, 9, 12, 15]
    .map(
      (depth) =>
        `<rect x="${n(-PACK.width / 2 + dx * depth - 1)}" y="${n(-PACK.height / 2 + dy * depth - 1)}" width="${PACK.width + 2}" height="${PACK.height + 2}" rx="${PACK.radius + depth / 2}" fill="${rgb(BLACK, 0.11)}"/>`,
    )
    .join('');
}

const PACK_RECT = `x="${-PACK.width / 2}" y="${-PACK.height / 2}" width="${PACK.width}" height="${PACK.height}" rx="${PACK.radius}"`;

/** Bare aluminium or lacquer: bands of brushed metal and the diamond pattern of the sealing roll. */
function foilSheet(design: Design, definitions: Definitions, light: Light, random: Random): string {
  const bands: [number, string][] = [];
  for (let offset = 0; offset <= 1.0001; offset += 0.125)
    bands.push([offset, rgb(shade(design.lacquer, random.between(-0.2, 0.22)))]);
  const fill = definitions.alongLight({ ...light, angle: light.angle + random.between(-0.5, 0.5) }, bands);
  const size = design.knurl;
  const lines = grid(PACK.width, PACK.width, size, Math.PI / 4);
  const clip = definitions.add((id) => `<clipPath id="${id}"><rect ${PACK_RECT}/></clipPath>`);
  const knurl =
    `<path d="${lines}" stroke="${rgb(shade(design.lacquer, -0.5), 0.5)}" stroke-width="1.2"/>` +
    `<path d="${lines}" transform="translate(0 1.9)" stroke="${rgb(WHITE, 0.4)}" stroke-width="1"/>`;
  return (
    `<rect ${PACK_RECT} fill="${fill}"/><g clip-path="${clip}"><g transform="translate(${-PACK.width / 2} ${-PACK.width / 2})" ` +
    `fill="none" opacity="${n(random.between(0.35, 0.8))}">${knurl}</g></g>`
  );
}

function perforations(): string {
  const left = -PACK.width / 2;
  const top = -PACK.height / 2;
  const lines = [-1, 0, 1].map((column) => `M${n(column * PACK.pitchX)} ${n(top)}V${n(PACK.codeTop - 6)}`);
  lines.push(`M${n(left)} ${n(PACK.rowsCentre)}H${n(-left)}`);
  const d = lines.join('');
  return `<path d="${d}" fill="none" stroke="${rgb(BLACK, 0.35)}" stroke-width="1.3" stroke-dasharray="6 4"/><path d="${d}" transform="translate(.9 .9)" fill="none" stroke="${rgb(WHITE, 0.35)}" stroke-width="1" stroke-dasharray="6 4"/>`;
}

function packEdge(definitions: Definitions, light: Light): string {
  const edge = definitions.alongLight(light, [
    [0, rgb(WHITE, 0.85)],
    [0.45, rgb(WHITE, 0.1)],
    [1, rgb(BLACK, 0.5)],
  ]);
  return `<rect ${PACK_RECT} fill="none" stroke="${edge}" stroke-width="2.2"/>`;
}

function cavityCentres(): Point[] {
  return [-0.5, 0.5].flatMap((row) =>
    [-1.5, -0.5, 0.5, 1.5].map((column): Point => [column * PACK.pitchX, PACK.rowsCentre + row * PACK.pitchY]),
  );
}

function scratches(count: number, random: Random): string {
  return Array.from({ length: count }, () => {
    const from: Point = [random.between(-240, 240), random.between(-145, 145)];
    const angle = random.between(0, Math.PI);
    const length = random.between(20, 90);
    const to: Point = [from[0] + Math.cos(angle) * length, from[1] + Math.sin(angle) * length];
    return `<path d="${polyline(jagged(from, to, 0.5, random.between(-5, 5), random, 6))}" fill="none" stroke="${rgb(WHITE, random.between(0.12, 0.4))}" stroke-width="${n(random.between(0.5, 1.1))}"/>`;
  }).join('');
}

/** A lamp mirrored by a flat, glossy surface: soft slanted bands. */
function reflections(definitions: Definitions, random: Random): string {
  const clip = definitions.add((id) => `<clipPath id="${id}"><rect ${PACK_RECT}/></clipPath>`);
  const bands = Array.from({ length: random.whole(0, 3) }, () => {
    const x = random.between(-240, 240);
    const width = random.between(18, 90);
    const slant = random.between(-120, 120);
    const peak = random.between(0.1, 0.36);
    const fill = definitions.add(
      (id) =>
        `<linearGradient id="${id}">${stopsOf([
          [0, rgb(WHITE, 0)],
          [0.35, rgb(WHITE, peak)],
          [0.6, rgb(WHITE, peak * 0.8)],
          [1, rgb(WHITE, 0)],
        ])}</linearGradient>`,
    );
    return `<path d="M${n(x)} -160h${n(width)}l${n(slant)} 320h${n(-width)}Z" fill="${fill}"/>`;
  });
  return `<g clip-path="${clip}">${bands.join('')}</g>`;
}

function sceneSvg(definitions: Definitions, background: string, pose: Pose, pack: string): string {
  const transform = `translate(${n(pose.x)} ${n(pose.y)}) rotate(${n((pose.angle * 180) / Math.PI)}) scale(${pose.scale.toFixed(4)})`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SCENE.width}" height="${SCENE.height}">` +
    `${definitions}${background}<g transform="${transform}">${pack}</g></svg>`
  );
}

// ---------------------------------------------------------------- film side

function crumbs(colour: Colour, count: number, reach: Point, random: Random): string {
  return Array.from({ length: count }, () => {
    const angle = random.between(0, 2 * Math.PI);
    const distance = Math.sqrt(random.between(0.1, 1));
    const size = random.between(0.8, 2.6);
    const centre: Point = [Math.cos(angle) * distance * reach[0], Math.sin(angle) * distance * reach[1]];
    const shape = outline(size, size, 6).map(
      ([x, y]): Point => [centre[0] + x * random.between(0.6, 1.3), centre[1] + y * random.between(0.6, 1.3)],
    );
    return `<path d="${polygon(shape.map(([x, y]): Point => [x - 0.8, y + 0.9]))}" fill="${rgb(BLACK, 0.35)}"/><path d="${polygon(shape)}" fill="${rgb(jitter(colour, 12, random))}"/>`;
  }).join('');
}

/** The body of a tablet, or of one piece of it: shadow, rounded body, bevel. */
function tabletBody(piece: readonly Point[], colour: Colour, definitions: Definitions, light: Light): string {
  const dx = Math.cos(light.angle);
  const dy = Math.sin(light.angle);
  const body = definitions.radial(0.5 + dx * 0.2, 0.5 + dy * 0.2, [
    [0, rgb(shade(colour, 0.22))],
    [0.6, rgb(colour)],
    [1, rgb(shade(colour, -0.24))],
  ]);
  const bevel = definitions.alongLight(light, [
    [0, rgb(WHITE, 0.55)],
    [0.5, rgb(WHITE, 0)],
    [1, rgb(BLACK, 0.4)],
  ]);
  const d = polygon(piece);
  return (
    `<path d="${d}" transform="translate(${n(-dx * 4.5)} ${n(-dy * 4.5)})" fill="${rgb(BLACK, 0.3)}"/><path d="${d}" transform="translate(${n(-dx * 2)} ${n(-dy * 2)})" fill="${rgb(BLACK, 0.3)}"/>` +
    `<path d="${d}" fill="${body}" stroke="${bevel}" stroke-width="2.4"/>`
  );
}

function tabletSurface(
  design: Design,
  halfWidth: number,
  halfHeight: number,
  light: Light,
  definitions: Definitions,
  random: Random,
): string {
  const dx = Math.cos(light.angle) * 1.1;
  const dy = Math.sin(light.angle) * 1.1;
  const parts: string[] = [];
  const bevel = definitions.alongLight(light, [
    [0, rgb(WHITE, 0.35)],
    [0.5, rgb(WHITE, 0.02)],
    [1, rgb(BLACK, 0.22)],
  ]);
  parts.push(
    `<path d="${polygon(outline(halfWidth * 0.8, halfHeight - halfWidth * 0.2))}" fill="none" stroke="${bevel}" stroke-width="2"/>`,
  );
  const groove = (d: string, width: number): void => {
    parts.push(
      `<path d="${d}" fill="none" stroke="${rgb(shade(design.tablet, -0.42), 0.8)}" stroke-width="${n(width)}" stroke-linecap="round"/><path d="${d}" transform="translate(${n(-dx)} ${n(-dy)})" fill="none" stroke="${rgb(WHITE, 0.45)}" stroke-width="${n(width * 0.6)}" stroke-linecap="round"/>`,
    );
  };
  if (design.score) groove(`M${n(-halfWidth * 0.78)} 0H${n(halfWidth * 0.78)}`, 2.4);
  if (design.letters !== '') {
    const height = 13;
    const width = textWidth(design.letters, height);
    groove(textPath(design.letters, -width / 2, design.score ? -height - 6 : -height / 2, height), 1.8);
  }
  for (let speck = random.whole(0, 5); speck > 0; speck -= 1) {
    parts.push(
      `<circle cx="${n(random.between(-0.6, 0.6) * halfWidth)}" cy="${n(random.between(-0.6, 0.6) * halfHeight)}" r="${n(random.between(0.4, 1.1))}" fill="${rgb(random.pick([WHITE, shade(design.tablet, -0.4)]), 0.5)}"/>`,
    );
  }
  return parts.join('');
}

/** The raw face where material broke away: rough, in the colour of the tablet's inside. */
function fracture(edge: readonly Point[], width: number, design: Design, random: Random): string {
  const far = edge.map(
    ([x, y], index): Point => [
      x + random.between(-0.8, 0.8),
      y + width * Math.sin((Math.PI * index) / (edge.length - 1)) * random.between(0.65, 1.2),
    ],
  );
  const face = shade(mix(design.core, design.tablet, random.between(0.15, 0.6)), -random.between(0.12, 0.34));
  const grains = edge
    .map(
      ([x, y], index) =>
        `<circle cx="${n(x + random.between(-1, 1))}" cy="${n(y + (width / 2) * Math.sin((Math.PI * index) / (edge.length - 1)))}" r="${n(random.between(0.5, 1.3))}" fill="${rgb(random.pick([shade(face, 0.3), shade(face, -0.4)]), 0.8)}"/>`,
    )
    .join('');
  return `<path d="${polygon([...edge, ...far.reverse()])}" fill="${rgb(face)}"/>${grains}<path d="${polyline(edge)}" fill="none" stroke="${rgb(shade(design.tablet, -0.45), 0.75)}" stroke-width="1.1"/>`;
}

function tabletSvg(
  design: Design,
  label: 'whole' | 'chipped',
  definitions: Definitions,
  light: Light,
  random: Random,
): string {
  const halfWidth = design.halfWidth * random.between(0.79, 0.83);
  const halfHeight = design.halfHeight - (design.halfWidth - halfWidth);
  const turn = design.shape === 'round' ? random.between(-Math.PI, Math.PI) : random.between(-0.07, 0.07);
  const slack = design.halfWidth - halfWidth - 2;
  const place = `translate(${n(random.between(-0.8, 0.8) * slack)} ${n(random.between(-0.8, 0.8) * slack)})`;
  const whole = outline(halfWidth, halfHeight);
  const localLight: Light = { ...light, angle: light.angle - turn };
  const surface = tabletSurface(design, halfWidth, halfHeight, localLight, definitions, random);
  const degrees = n((turn * 180) / Math.PI);
  if (label === 'whole') {
    return `<g transform="${place} rotate(${degrees})">${tabletBody(whole, design.tablet, definitions, localLight)}${surface}</g>`;
  }

  const kind = random.pick(['edge', 'edge', 'half', 'crack'] as const);
  // the break is drawn as if it ran along x and then turned, so that it may lie anywhere
  const breakTurn =
    design.shape === 'round'
      ? random.between(-Math.PI, Math.PI)
      : random.pick([0, Math.PI, random.between(-Math.PI, Math.PI)]);
  const turned = rotate(whole, -breakTurn);
  const low = Math.max(...turned.map(([, y]) => y));
  const limit = kind === 'edge' ? low - random.between(0.34, 0.6) * halfWidth : random.between(-0.3, 0.3) * halfWidth;
  const kept = above(turned, limit);
  const start = kept[0] ?? [0, limit];
  const end = kept.at(-1) ?? [0, limit];
  const edge = jagged(
    end,
    start,
    kind === 'edge' ? 2 : 2.6,
    kind === 'edge' ? -random.between(-2, 4) : random.between(-4, 4),
    random,
  );
  const piece = rotate([...kept, ...edge.slice(1, -1)], breakTurn);
  const clip = definitions.add((id) => `<clipPath id="${id}"><path d="${polygon(piece)}"/></clipPath>`);
  const first = `${tabletBody(piece, design.tablet, definitions, localLight)}<g clip-path="${clip}">${surface}</g>`;
  const breakDegrees = n((breakTurn * 180) / Math.PI);
  const face = `<g transform="rotate(${breakDegrees})">${fracture(edge, random.between(2.5, 5), design, random)}</g>`;
  const loose = random.chance(0.75)
    ? crumbs(
        mix(design.core, design.tablet, 0.5),
        random.whole(1, 6),
        [design.halfWidth * 0.86, design.halfHeight * 0.88],
        random,
      )
    : '';
  if (kind !== 'crack') return `<g transform="${place} rotate(${degrees})">${first}${face}</g>${loose}`;

  const other = above(
    turned.map(([x, y]): Point => [-x, -y]),
    -limit,
  ).map(([x, y]): Point => [-x, -y]);
  const rest = rotate([...other, ...edge.slice(1, -1).reverse()], breakTurn);
  const restClip = definitions.add((id) => `<clipPath id="${id}"><path d="${polygon(rest)}"/></clipPath>`);
  const gap = random.between(3.6, 6.5);
  const [gapX, gapY] = rotate([[random.between(-2, 2), gap]], breakTurn)[0] ?? [0, gap];
  return (
    `<g transform="${place} rotate(${degrees})"><g transform="translate(${n(gapX / 2)} ${n(gapY / 2)}) rotate(${n(random.between(-3.5, 3.5))})">${tabletBody(rest, design.tablet, definitions, localLight)}<g clip-path="${restClip}">${surface}</g></g>` +
    `<g transform="translate(${n(-gapX / 2)} ${n(-gapY / 2)})">${first}${face}</g></g>${loose}`
  );
}

/** The thermoformed bubble over a cavity: its wall, its rim, and the lamp mirrored on it. */
function dome(design: Design, definitions: Definitions, light: Light, random: Random): string {
  const { halfWidth, halfHeight } = design;
  const dx = Math.cos(light.angle);
  const dy = Math.sin(light.angle);
  const wall = definitions.alongLight(light, [
    [0, rgb(BLACK, 0.32)],
    [0.35, rgb(BLACK, 0.02)],
    [0.6, rgb(WHITE, 0.05)],
    [1, rgb(WHITE, 0.55)],
  ]);
  const rim = definitions.alongLight(light, [
    [0, rgb(WHITE, 0.85 * light.strength)],
    [0.4, rgb(WHITE, 0.12)],
    [0.65, rgb(BLACK, 0.1)],
    [1, rgb(BLACK, 0.42)],
  ]);
  const parts = [
    `<path d="${polygon(outline(halfWidth, halfHeight))}" fill="${rgb(design.film, design.film[2] < 250 ? 0.2 : 0.05)}"/>`,
    `<path d="${polygon(outline(halfWidth - 3, halfHeight - 3))}" fill="none" stroke="${wall}" stroke-width="5"/>`,
    `<path d="${polygon(outline(halfWidth, halfHeight))}" fill="none" stroke="${rim}" stroke-width="2.2"/>`,
  ];
  // the mirrored lamp: a bent bright patch on the side of the light, and a faint one opposite
  const reach = random.between(0.5, 0.72);
  const patch = definitions.add(
    (id) =>
      `<radialGradient id="${id}">${stopsOf([
        [0, rgb(WHITE, 0.9 * light.strength)],
        [0.55, rgb(WHITE, 0.6 * light.strength)],
        [1, rgb(WHITE, 0)],
      ])}</radialGradient>`,
  );
  const across = random.between(9, 17);
  const along = random.between(4, 7.5);
  const patchAngle = (light.angle * 180) / Math.PI + 90;
  parts.push(
    `<ellipse cx="0" cy="0" rx="${n(across)}" ry="${n(along)}" transform="translate(${n(dx * halfWidth * reach)} ${n(dy * (halfHeight - 0.35 * halfWidth) * reach)}) rotate(${n(patchAngle)})" fill="${patch}"/>`,
  );
  parts.push(
    `<ellipse cx="0" cy="0" rx="${n(across * 1.2)}" ry="${n(along * 0.6)}" transform="translate(${n(-dx * halfWidth * 0.78)} ${n(-dy * (halfHeight - halfWidth * 0.22))}) rotate(${n(patchAngle)})" fill="${patch}" opacity="0.4"/>`,
  );
  return parts.join('');
}

export function drawTop(
  design: Design,
  labels: readonly TabletLabel[],
  random: Random,
): { svg: string; cavities: Point[][] } {
  const definitions = new Definitions();
  const light: Light = { angle: random.between(0, 2 * Math.PI), strength: random.between(0.45, 1) };
  const pose = drawPose(random);
  const parts = [packShadow(light), foilSheet(design, definitions, light, random), perforations()];
  const floor = definitions.alongLight(light, [
    [0, rgb(shade(design.lacquer, -0.36))],
    [0.5, rgb(shade(design.lacquer, -0.1))],
    [1, rgb(shade(design.lacquer, 0.25))],
  ]);
  const cavities: Point[][] = [];
  cavityCentres().forEach(([x, y], index) => {
    const label = labels[index] ?? 'whole';
    const cavity = outline(design.halfWidth, design.halfHeight);
    const inside = [`<path d="${polygon(cavity)}" fill="${floor}"/>`];
    if (label === 'empty') {
      // light bundled by the empty bubble falls on the foil beneath
      const bright = definitions.add(
        (id) =>
          `<radialGradient id="${id}">${stopsOf([
            [0, rgb(WHITE, random.between(0.15, 0.5))],
            [0.7, rgb(WHITE, 0.1)],
            [1, rgb(WHITE, 0)],
          ])}</radialGradient>`,
      );
      const size = random.between(0.45, 0.85);
      inside.push(
        `<ellipse cx="${n(-Math.cos(light.angle) * design.halfWidth * 0.25)}" cy="${n(-Math.sin(light.angle) * design.halfHeight * 0.25)}" rx="${n(design.halfWidth * size)}" ry="${n(design.halfHeight * size)}" fill="${bright}"/>`,
      );
      if (random.chance(0.25))
        inside.push(
          crumbs(design.tablet, random.whole(1, 3), [design.halfWidth * 0.8, design.halfHeight * 0.8], random),
        );
      if (random.chance(0.4))
        inside.push(
          `<path d="${polyline(jagged([-design.halfWidth * 0.6, random.between(-20, 20)], [design.halfWidth * 0.6, random.between(-20, 20)], 1.2, random.between(-8, 8), random))}" fill="none" stroke="${rgb(WHITE, 0.35)}" stroke-width="1.3"/>`,
        );
    } else {
      inside.push(tabletSvg(design, label, definitions, light, random));
    }
    parts.push(
      `<g transform="translate(${n(x)} ${n(y)})">${inside.join('')}${dome(design, definitions, light, random)}</g>`,
    );
    cavities.push(cavity.map(([cx, cy]) => toScene(pose, [x + cx, y + cy])));
  });
  if (design.film[2] < 250) parts.push(`<rect ${PACK_RECT} fill="${rgb(design.film, 0.16)}"/>`);
  const clip = definitions.add((id) => `<clipPath id="${id}"><rect ${PACK_RECT}/></clipPath>`);
  parts.push(
    `<g clip-path="${clip}">${scratches(random.whole(0, 7), random)}</g>`,
    reflections(definitions, random),
    packEdge(definitions, light),
  );
  return { svg: sceneSvg(definitions, beltSvg(definitions, light, random), pose, parts.join('')), cavities };
}

// ---------------------------------------------------------------- foil side

function embossing(design: Design, definitions: Definitions, light: Light): string {
  const relief = definitions.alongLight(light, [
    [0, rgb(BLACK, 0.34)],
    [0.5, rgb(WHITE, 0.05)],
    [1, rgb(WHITE, 0.6)],
  ]);
  const bulge = definitions.alongLight(light, [
    [0, rgb(WHITE, 0.2)],
    [0.5, rgb(WHITE, 0)],
    [1, rgb(BLACK, 0.16)],
  ]);
  const smooth = rgb(design.lacquer, 0.5);
  return cavityCentres()
    .map(([x, y]) => {
      const d = polygon(outline(design.halfWidth, design.halfHeight));
      return `<g transform="translate(${n(x)} ${n(y)})"><path d="${d}" fill="${smooth}"/><path d="${d}" fill="${bulge}" stroke="${relief}" stroke-width="2.6"/></g>`;
    })
    .join('');
}

function productPrint(design: Design): string {
  const ink = rgb(design.ink, 0.86);
  return cavityCentres()
    .map(([x, y]) => {
      const name = 'SAMPLIVAR';
      const dose = `${design.strength} MG`;
      return (
        `<path d="${textPath(name, x - textWidth(name, 9.5) / 2, y - 14, 9.5)}${textPath(dose, x - textWidth(dose, 13) / 2, y + 3, 13)}" fill="none" stroke="${ink}" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"/>` +
        `<path d="M${n(x - 16)} ${n(y + 25)}h32" stroke="${ink}" stroke-width="2.4"/>`
      );
    })
    .join('');
}

function codeField(
  design: Design,
  label: FoilLabel,
  definitions: Definitions,
  random: Random,
): { svg: string; marks: FoilMark[] } {
  const height = 17;
  const lot = `${random.whole(1, 9)}${random.pick(['A', 'C', 'F', 'H', 'K', 'N', 'R'])}${random.whole(1000, 9999)}`;
  const expiry = `${String(random.whole(1, 12)).padStart(2, '0')}/${random.whole(2027, 2031)}`;
  const left = random.between(-222, -180);
  const y = PACK.codeTop + 11;
  const panelWidth = random.between(395, 420);
  const pale = random.chance(0.6);
  const parts = [
    pale
      ? `<rect x="${n(left - 8)}" y="${n(PACK.codeTop)}" width="${n(panelWidth)}" height="${PACK.codeHeight}" rx="4" fill="${rgb([246, 246, 242], 0.8)}"/>`
      : '',
    `<rect x="${n(left - 8)}" y="${n(PACK.codeTop)}" width="${n(panelWidth)}" height="${PACK.codeHeight}" rx="4" fill="none" stroke="${rgb(design.ink, 0.8)}" stroke-width="1.5"/>`,
    `<path d="${textPath('LOT', left, y + 3, 11)}${textPath('EXP', left + 196, y + 3, 11)}" fill="none" stroke="${rgb(design.ink, 0.85)}" stroke-width="1.7" stroke-linecap="round"/>`,
  ];
  const codes = [textPath(lot, left + 44, y, height), textPath(expiry, left + 240, y, height)];
  const dots = (d: string, alpha: number, dx: number, dy: number, width = 2.9): string =>
    `<path d="${d}" transform="translate(${n(dx)} ${n(dy)})" fill="none" stroke="${rgb([18, 18, 26], alpha)}" stroke-width="${n(width)}" stroke-linecap="round" stroke-dasharray="0.1 2.6"/>`;
  const shiftX = random.between(-5, 5);
  const shiftY = random.between(-2.5, 2.5);
  const density = random.between(0.72, 0.98);
  // an ink-jet that fails leaves out the whole code, or one half of it
  const printed = label === 'unprinted' ? (random.chance(0.65) ? [] : [random.pick(codes)]) : codes;
  const mark = (code: string | undefined, what: FoilMark['what']): FoilMark => {
    const [text, x] = code === codes[0] ? [lot, left + 44] : [expiry, left + 240];
    return { what, points: rectangle(x + shiftX, y + shiftY, textWidth(text, height), height) };
  };
  if (label !== 'smudged') {
    for (const code of printed) parts.push(dots(code, density, shiftX, shiftY));
    return {
      svg: parts.join(''),
      marks: codes.map((code) => mark(code, printed.includes(code) ? 'code' : 'unprinted')),
    };
  }
  // wet ink wiped along the belt: the dots run into streaks and a stain
  const angle = random.pick([random.between(-0.35, 0.35), random.between(-0.35, 0.35) + Math.PI]);
  const reach = random.between(13, 30);
  const hit = random.pick([codes, codes, codes.slice(0, 1), codes.slice(1)]);
  for (const code of codes) {
    const wiped = hit.includes(code);
    parts.push(dots(code, wiped ? density * random.between(0.2, 0.55) : density, shiftX, shiftY));
    if (!wiped) continue;
    for (let step = 1; step <= 12; step += 1) {
      const share = step / 12;
      parts.push(
        dots(
          code,
          0.2 * (1.15 - share),
          shiftX + Math.cos(angle) * reach * share,
          shiftY + Math.sin(angle) * reach * share,
          3.2,
        ),
      );
    }
    const stain = definitions.add(
      (id) =>
        `<radialGradient id="${id}">${stopsOf([
          [0, rgb([20, 20, 28], random.between(0.3, 0.55))],
          [0.6, rgb([20, 20, 28], 0.22)],
          [1, rgb([20, 20, 28], 0)],
        ])}</radialGradient>`,
    );
    const x = (code === codes[0] ? left + 90 : left + 290) + random.between(-18, 18) + Math.cos(angle) * reach * 0.5;
    parts.push(
      `<ellipse cx="${n(x)}" cy="${n(y + 9 + Math.sin(angle) * 6)}" rx="${n(random.between(45, 62))}" ry="${n(random.between(10, 15))}" transform="rotate(${n((Math.sin(angle) * 180) / Math.PI / 2)} ${n(x)} ${n(y)})" fill="${stain}"/>`,
    );
  }
  return { svg: parts.join(''), marks: codes.map((code) => mark(code, hit.includes(code) ? 'smudged' : 'code')) };
}

function creases(count: number, random: Random): string {
  return Array.from({ length: count }, () => {
    const from: Point = [random.between(-235, 235), random.between(-140, 95)];
    const angle = random.between(0, Math.PI * 2);
    const length = random.between(25, 110);
    const to: Point = [from[0] + Math.cos(angle) * length, from[1] + Math.sin(angle) * length];
    const d = polyline(jagged(from, to, 1.6, random.between(-8, 8), random, 8));
    const depth = random.between(0.2, 0.5);
    return `<path d="${d}" fill="none" stroke="${rgb(BLACK, depth)}" stroke-width="${n(random.between(1, 2.2))}"/><path d="${d}" transform="translate(1.3 1.4)" fill="none" stroke="${rgb(WHITE, depth + 0.15)}" stroke-width="1.3"/>`;
  }).join('');
}

/** A hole in the foil: what lies behind it, its ragged rim, the flaps bent up around it, and the folds that run away from it. */
function tear(design: Design, definitions: Definitions, light: Light, random: Random): { svg: string; mark: FoilMark } {
  const slit = random.chance(0.4);
  const overCavity = random.chance(0.65);
  const [cx, cy] = overCavity
    ? random.pick(cavityCentres())
    : ([random.between(-215, 215), random.between(-125, 80)] as const);
  const x = cx + random.between(-14, 14);
  const y = cy + random.between(-18, 18);
  const long = slit ? random.between(24, 46) : random.between(13, 30);
  const wide = slit ? random.between(5, 10) : long * random.between(0.6, 1);
  const count = 18;
  const ring = (grow: number): Point[] =>
    outline(1, 1, count).map(
      ([px, py]): Point => [
        px * long * grow * random.between(0.76, 1.18),
        py * wide * grow * random.between(0.7, 1.25),
      ],
    );
  const hole = ring(1);
  const inside: Colour =
    overCavity && random.chance(0.55)
      ? shade(design.tablet, -random.between(0.3, 0.55))
      : jitter([34, 34, 38], 16, random);
  const gloom = definitions.alongLight(light, [
    [0, rgb(shade(inside, -0.6))],
    [0.5, rgb(shade(inside, -0.2))],
    [1, rgb(inside)],
  ]);
  const flaps = hole
    .map(([px, py], index) => {
      const next = hole[(index + 1) % count];
      if (next === undefined || random.chance(0.35)) return '';
      const out = random.between(1.12, 1.45);
      const tip: Point = [((px + next[0]) / 2) * out, ((py + next[1]) / 2) * out + random.between(-2, 2)];
      const tone = random.chance(0.55)
        ? rgb(WHITE, random.between(0.5, 0.95))
        : rgb(shade(design.lacquer, -0.45), 0.85);
      return `<path d="${polygon([[px, py], next, tip])}" fill="${tone}"/>`;
    })
    .join('');
  const folds = Array.from({ length: random.whole(2, 6) }, () => {
    const from = random.pick(hole);
    const out = random.between(1.4, 2.3);
    const d = polyline(jagged(from, [from[0] * out, from[1] * out + random.between(-6, 6)], 1, 0, random, 5));
    return `<path d="${d}" fill="none" stroke="${rgb(BLACK, 0.4)}" stroke-width="1.6"/><path d="${d}" transform="translate(1.2 1.2)" fill="none" stroke="${rgb(WHITE, 0.5)}" stroke-width="1.2"/>`;
  }).join('');
  const turn = random.between(0, 180);
  const points = rotate(hole, (turn * Math.PI) / 180).map(([px, py]): Point => [x + px, y + py]);
  return {
    svg:
      `<g transform="translate(${n(x)} ${n(y)}) rotate(${n(turn)})">${folds}<path d="${polygon(ring(1.12))}" fill="${rgb(BLACK, 0.25)}"/>` +
      `<path d="${polygon(hole)}" fill="${gloom}" stroke="${rgb(BLACK, 0.45)}" stroke-width="1.2"/>${flaps}</g>`,
    mark: { what: 'torn', points },
  };
}

export function drawFoil(design: Design, label: FoilLabel, random: Random): { svg: string; marks: FoilMark[] } {
  const definitions = new Definitions();
  const light: Light = { angle: random.between(0, 2 * Math.PI), strength: random.between(0.45, 1) };
  const pose = drawPose(random);
  const parts = [
    packShadow(light),
    foilSheet(design, definitions, light, random),
    embossing(design, definitions, light),
    perforations(),
  ];
  const codes = codeField(design, label, definitions, random);
  const marks = codes.marks;
  parts.push(productPrint(design), codes.svg);
  const clip = definitions.add((id) => `<clipPath id="${id}"><rect ${PACK_RECT}/></clipPath>`);
  parts.push(`<g clip-path="${clip}">${creases(random.whole(0, 5), random)}${scratches(random.whole(0, 6), random)}`);
  for (let dirt = random.whole(0, 4); dirt > 0; dirt -= 1) {
    const size = random.between(0.8, 2.4);
    parts.push(
      `<ellipse cx="${n(random.between(-235, 235))}" cy="${n(random.between(-140, 140))}" rx="${n(size)}" ry="${n(size * random.between(0.5, 1))}" fill="${rgb([40, 34, 30], random.between(0.35, 0.8))}"/>`,
    );
  }
  if (label === 'torn') {
    const hole = tear(design, definitions, light, random);
    parts.push(hole.svg);
    marks.push(hole.mark);
  }
  parts.push('</g>', reflections(definitions, random), packEdge(definitions, light));
  return {
    svg: sceneSvg(definitions, beltSvg(definitions, light, random), pose, parts.join('')),
    marks: marks.map(({ what, points }) => ({ what, points: points.map((point) => toScene(pose, point)) })),
  };
}

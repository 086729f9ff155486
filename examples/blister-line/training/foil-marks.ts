import { BLACK, type Colour, jitter, rgb, shade, WHITE } from './colour.ts';
import type { Design } from './design.ts';
import { jagged, outline, type Point, rectangle, rotate } from './geometry.ts';
import { textPath, textWidth } from './lettering.ts';
import { cavityCentres, type FoilLabel, type FoilMark, PACK } from './pack.ts';
import type { Random } from './random.ts';
import { type Definitions, type Light, n, polygon, polyline, stopsOf } from './svg.ts';

export function codeField(
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

/** A hole in the foil: what lies behind it, its ragged rim, the flaps bent up around it, and the folds that run away from it. */
export function tear(
  design: Design,
  definitions: Definitions,
  light: Light,
  random: Random,
): { svg: string; mark: FoilMark } {
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

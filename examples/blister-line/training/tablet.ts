import { BLACK, type Colour, jitter, mix, rgb, shade, WHITE } from './colour.ts';
import type { Design } from './design.ts';
import { above, jagged, outline, type Point, rotate } from './geometry.ts';
import { textPath, textWidth } from './lettering.ts';
import type { Random } from './random.ts';
import { type Definitions, type Light, n, polygon, polyline } from './svg.ts';

export function crumbs(colour: Colour, count: number, reach: Point, random: Random): string {
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

export function tabletSvg(
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

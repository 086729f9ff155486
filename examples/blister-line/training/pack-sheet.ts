import { BLACK, rgb, shade, WHITE } from './colour.ts';
import type { Design } from './design.ts';
import { jagged, type Point } from './geometry.ts';
import { PACK, PACK_RECT } from './pack.ts';
import type { Random } from './random.ts';
import { type Definitions, grid, type Light, n, polyline, stopsOf } from './svg.ts';

export function packShadow(light: Light): string {
  const dx = -Math.cos(light.angle);
  const dy = -Math.sin(light.angle);
  return [3, 6, 9, 12, 15]
    .map(
      (depth) =>
        `<rect x="${n(-PACK.width / 2 + dx * depth - 1)}" y="${n(-PACK.height / 2 + dy * depth - 1)}" width="${PACK.width + 2}" height="${PACK.height + 2}" rx="${PACK.radius + depth / 2}" fill="${rgb(BLACK, 0.11)}"/>`,
    )
    .join('');
}

/** Bare aluminium or lacquer: bands of brushed metal and the diamond pattern of the sealing roll. */
export function foilSheet(design: Design, definitions: Definitions, light: Light, random: Random): string {
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

export function perforations(): string {
  const left = -PACK.width / 2;
  const top = -PACK.height / 2;
  const lines = [-1, 0, 1].map((column) => `M${n(column * PACK.pitchX)} ${n(top)}V${n(PACK.codeTop - 6)}`);
  lines.push(`M${n(left)} ${n(PACK.rowsCentre)}H${n(-left)}`);
  const d = lines.join('');
  return `<path d="${d}" fill="none" stroke="${rgb(BLACK, 0.35)}" stroke-width="1.3" stroke-dasharray="6 4"/><path d="${d}" transform="translate(.9 .9)" fill="none" stroke="${rgb(WHITE, 0.35)}" stroke-width="1" stroke-dasharray="6 4"/>`;
}

export function packEdge(definitions: Definitions, light: Light): string {
  const edge = definitions.alongLight(light, [
    [0, rgb(WHITE, 0.85)],
    [0.45, rgb(WHITE, 0.1)],
    [1, rgb(BLACK, 0.5)],
  ]);
  return `<rect ${PACK_RECT} fill="none" stroke="${edge}" stroke-width="2.2"/>`;
}

export function scratches(count: number, random: Random): string {
  return Array.from({ length: count }, () => {
    const from: Point = [random.between(-240, 240), random.between(-145, 145)];
    const angle = random.between(0, Math.PI);
    const length = random.between(20, 90);
    const to: Point = [from[0] + Math.cos(angle) * length, from[1] + Math.sin(angle) * length];
    return `<path d="${polyline(jagged(from, to, 0.5, random.between(-5, 5), random, 6))}" fill="none" stroke="${rgb(WHITE, random.between(0.12, 0.4))}" stroke-width="${n(random.between(0.5, 1.1))}"/>`;
  }).join('');
}

/** A lamp mirrored by a flat, glossy surface: soft slanted bands. */
export function reflections(definitions: Definitions, random: Random): string {
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

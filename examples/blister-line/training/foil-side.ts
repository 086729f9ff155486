import { BLACK, rgb, WHITE } from './colour.ts';
import type { Design } from './design.ts';
import { codeField, tear } from './foil-marks.ts';
import { jagged, outline, type Point } from './geometry.ts';
import { textPath, textWidth } from './lettering.ts';
import { cavityCentres, type FoilLabel, type FoilMark, PACK_RECT } from './pack.ts';
import { foilSheet, packEdge, packShadow, perforations, reflections, scratches } from './pack-sheet.ts';
import type { Random } from './random.ts';
import { beltSvg, drawPose, sceneSvg, toScene } from './scene.ts';
import { Definitions, type Light, n, polygon, polyline } from './svg.ts';

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

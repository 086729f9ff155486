import { BLACK, rgb, shade, WHITE } from './colour.ts';
import type { Design } from './design.ts';
import { jagged, outline, type Point } from './geometry.ts';
import { cavityCentres, PACK_RECT, type TabletLabel } from './pack.ts';
import { foilSheet, packEdge, packShadow, perforations, reflections, scratches } from './pack-sheet.ts';
import type { Random } from './random.ts';
import { beltSvg, drawPose, sceneSvg, toScene } from './scene.ts';
import { Definitions, type Light, n, polygon, polyline, stopsOf } from './svg.ts';
import { crumbs, tabletSvg } from './tablet.ts';

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

import type { Point } from './geometry.ts';

export function n(value: number): string {
  return value.toFixed(2);
}

export function polygon(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}Z`;
}

export function polyline(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}`;
}

/** Two families of parallel lines that cover a rectangle: turned by `angle`, `spacing` apart. */
export function grid(width: number, height: number, spacing: number, angle: number): string {
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

export interface Light {
  readonly angle: number;
  readonly strength: number;
}

/** Gradient definitions are collected while drawing; each gets an id of its own. */
export class Definitions {
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

export function stopsOf(stops: readonly (readonly [offset: number, colour: string])[]): string {
  return stops.map(([offset, colour]) => `<stop offset="${n(offset)}" stop-color="${colour}"/>`).join('');
}

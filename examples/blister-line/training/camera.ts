import sharp from 'sharp';
import type { Point } from './geometry.ts';
import type { Random } from './random.ts';
import { SCENE } from './scene.ts';

const CAMERA = { width: 640, height: 480 } as const;

/** A tilt of the camera: a pixel (u, v) from the picture's centre sees the scene at (u, v) · zoom / (1 + g·u + h·v). */
export interface Perspective {
  readonly g: number;
  readonly h: number;
  readonly zoom: number;
}

export function toPicturePoint({ g, h, zoom }: Perspective, [x, y]: Point): Point {
  const a = (x - SCENE.width / 2) / zoom;
  const b = (y - SCENE.height / 2) / zoom;
  const k = 1 / (1 - g * a - h * b);
  return [a * k + CAMERA.width / 2, b * k + CAMERA.height / 2];
}

/** Looks at the drawn scene through a lens: perspective, uneven light, white balance, vignette. */
function look(scene: Buffer, { g, h, zoom }: Perspective, random: Random): Uint8Array {
  const { width, height } = CAMERA;
  const picture = new Uint8Array(width * height * 3);
  const exposure = random.between(0.8, 1.12);
  const slope = random.between(0, 0.24);
  const direction = random.between(0, 2 * Math.PI);
  const [slopeX, slopeY] = [(slope * Math.cos(direction)) / 400, (slope * Math.sin(direction)) / 400];
  const vignette = random.between(0.02, 0.22) / (400 * 400);
  const warmth = random.between(-0.07, 0.07);
  const gains = [
    exposure * (1 + warmth),
    exposure * (1 + random.between(-0.02, 0.02)),
    exposure * (1 - warmth),
  ] as const;
  const [centreX, centreY] = [width / 2 + random.between(-60, 60), height / 2 + random.between(-50, 50)];
  const row = SCENE.width * 3;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const u = x + 0.5 - width / 2;
      const v = y + 0.5 - height / 2;
      const reach = zoom / (1 + g * u + h * v);
      const sx = u * reach + SCENE.width / 2;
      const sy = v * reach + SCENE.height / 2;
      const left = Math.max(0, Math.min(SCENE.width - 2, Math.floor(sx - 0.5)));
      const top = Math.max(0, Math.min(SCENE.height - 2, Math.floor(sy - 0.5)));
      const fx = Math.max(0, Math.min(1, sx - 0.5 - left));
      const fy = Math.max(0, Math.min(1, sy - 0.5 - top));
      const dx = x - centreX;
      const dy = y - centreY;
      const brightness = 1 + slopeX * dx + slopeY * dy - vignette * (dx * dx + dy * dy);
      const from = top * row + left * 3;
      const to = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const at = from + channel;
        const upper = (scene[at] ?? 0) * (1 - fx) + (scene[at + 3] ?? 0) * fx;
        const lower = (scene[at + row] ?? 0) * (1 - fx) + (scene[at + row + 3] ?? 0) * fx;
        const value = (upper * (1 - fy) + lower * fy) * brightness * (gains[channel] ?? 1);
        // a soft shoulder instead of a hard cut where the sensor saturates
        picture[to + channel] = value < 215 ? value : 255 - 40 * Math.exp((215 - value) / 40);
      }
    }
  }
  return picture;
}

/** Photon noise grows with the square root of the light; neighbouring rows share a little of it. */
function addNoise(picture: Uint8Array | Buffer, random: Random): void {
  const amount = random.between(0.7, 2.2);
  const size = 4093;
  const table = Float32Array.from(
    { length: size },
    () => random.between(-1, 1) + random.between(-1, 1) + random.between(-1, 1),
  );
  let at = random.whole(0, size - 1);
  for (let index = 0; index < picture.length; index += 1) {
    if (index % (CAMERA.width * 3) === 0) at = random.whole(0, size - 1);
    at = at + 1 === size ? 0 : at + 1;
    const value = picture[index] ?? 0;
    picture[index] = Math.max(
      0,
      Math.min(255, Math.round(value + (table[at] ?? 0) * amount * (0.5 + Math.sqrt(value) / 16))),
    );
  }
}

export async function photograph(svg: string, perspective: Perspective, random: Random, file: string): Promise<void> {
  const scene = await sharp(Buffer.from(svg)).removeAlpha().toColourspace('srgb').raw().toBuffer();
  const seen = look(scene, perspective, random);
  const raw = { width: CAMERA.width, height: CAMERA.height, channels: 3 } as const;
  const focused = await sharp(seen, { raw }).blur(random.between(0.45, 1.15)).raw().toBuffer();
  addNoise(focused, random);
  await sharp(focused, { raw })
    .jpeg({ quality: random.whole(80, 90) })
    .toFile(file);
}

export function boxOf(points: readonly Point[]): number[] {
  const xs = points.map(([x]) => x / CAMERA.width);
  const ys = points.map(([, y]) => y / CAMERA.height);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map((value) => Number(value.toFixed(4)));
}

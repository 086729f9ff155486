/** Renders the pictures of the blister line, and the truth about them. `node training/render.ts --help` */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import {
  CAVITY_COUNT,
  drawDesign,
  drawFoil,
  drawTop,
  type FoilLabel,
  type FoilMark,
  type Point,
  SCENE,
  type TabletLabel,
} from './pack.ts';
import { type Random, seededRandom } from './random.ts';

const HELP = `Usage: node training/render.ts --out DIR [--count 30] [--first 1] [--seed 1] [--mix line|balanced] [--jobs 1]

Renders items seen by the cameras "top" and "foil": DIR/top/0001-ok.jpg, DIR/foil/0001-ok.jpg, …, DIR/truth.json.
The same seed, count and mix always give the same pictures.

  --out DIR     where to write
  --count N     number of items (default 30)
  --first N     number of the first item, to render a long series in parts (default 1)
  --seed N      whole number (default 1)
  --mix NAME    line: of every 30 items 18 are good, 5 have a defect on top, 5 on the foil, 2 on both (default)
                balanced: for training and for judging the models; half of the pictures of each camera show a defect
  --jobs N      threads (default 1)
  --truth-only  writes truth.json without the pictures`;

const CAMERA = { width: 640, height: 480 } as const;
const TABLET_DEFECTS: readonly TabletLabel[] = ['chipped', 'empty'];
const FOIL_DEFECTS: readonly FoilLabel[] = ['torn', 'unprinted', 'smudged'];

interface Plan {
  readonly number: number;
  readonly tablets: readonly TabletLabel[];
  readonly foil: FoilLabel;
}

interface Truth {
  readonly item: string;
  readonly decision: 'OK' | 'KO';
  readonly top: {
    readonly file: string;
    readonly cavities: readonly { readonly label: TabletLabel; readonly box: readonly number[] }[];
  };
  readonly foil: {
    readonly file: string;
    readonly label: FoilLabel;
    readonly marks: readonly { readonly what: FoilMark['what']; readonly box: readonly number[] }[];
  };
}

interface Job {
  /** False: only the truth is worked out. */
  readonly pictures: boolean;
  readonly out: string;
  readonly seed: number;
  readonly plans: readonly Plan[];
}

// ---------------------------------------------------------------- which item has which defect

function wholeTablets(): TabletLabel[] {
  return Array.from({ length: CAVITY_COUNT }, () => 'whole');
}

function defectiveTablets(nextDefect: () => TabletLabel, share: number, random: Random): TabletLabel[] {
  const tablets = wholeTablets().map((label) => (random.chance(share) ? random.pick(TABLET_DEFECTS) : label));
  tablets[random.whole(0, CAVITY_COUNT - 1)] = nextDefect();
  return tablets;
}

function inTurn<T>(values: readonly T[]): () => T {
  let taken = 0;
  return () => {
    const value = values[taken % values.length];
    if (value === undefined) throw new Error('nothing to take in turn');
    taken += 1;
    return value;
  };
}

function planItems(mix: string, count: number, random: Random): Plan[] {
  const plans: Plan[] = [];
  const [nextTop, nextFoil] = [inTurn(TABLET_DEFECTS), inTurn(FOIL_DEFECTS)];
  let block: (readonly [top: boolean, foil: boolean])[] = [];
  for (let number = 1; number <= count; number += 1) {
    if (mix === 'balanced') {
      const foil = random.chance(0.5) ? 'intact' : random.pick(FOIL_DEFECTS);
      plans.push({
        number,
        tablets: random.chance(0.5) ? wholeTablets() : defectiveTablets(() => random.pick(TABLET_DEFECTS), 0.6, random),
        foil,
      });
      continue;
    }
    if (block.length === 0) {
      const kinds = [
        ...Array(18).fill([false, false]),
        ...Array(5).fill([true, false]),
        ...Array(5).fill([false, true]),
        ...Array(2).fill([true, true]),
      ];
      block = random.shuffled(kinds);
    }
    const [top, foil] = block.pop() ?? [false, false];
    plans.push({
      number,
      tablets: top ? defectiveTablets(nextTop, 0.08, random) : wholeTablets(),
      foil: foil ? nextFoil() : 'intact',
    });
  }
  return plans;
}

// ---------------------------------------------------------------- the camera

/** A tilt of the camera: a pixel (u, v) from the picture's centre sees the scene at (u, v) · zoom / (1 + g·u + h·v). */
interface Perspective {
  readonly g: number;
  readonly h: number;
  readonly zoom: number;
}

function toPicturePoint({ g, h, zoom }: Perspective, [x, y]: Point): Point {
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

async function photograph(svg: string, perspective: Perspective, random: Random, file: string): Promise<void> {
  const scene = await sharp(Buffer.from(svg)).removeAlpha().toColourspace('srgb').raw().toBuffer();
  const seen = look(scene, perspective, random);
  const raw = { width: CAMERA.width, height: CAMERA.height, channels: 3 } as const;
  const focused = await sharp(seen, { raw }).blur(random.between(0.45, 1.15)).raw().toBuffer();
  addNoise(focused, random);
  await sharp(focused, { raw })
    .jpeg({ quality: random.whole(80, 90) })
    .toFile(file);
}

// ---------------------------------------------------------------- one item, both cameras

function boxOf(points: readonly Point[]): number[] {
  const xs = points.map(([x]) => x / CAMERA.width);
  const ys = points.map(([, y]) => y / CAMERA.height);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map((value) => Number(value.toFixed(4)));
}

function topName(tablets: readonly TabletLabel[]): string {
  const defects = (['chipped', 'empty'] as const).filter((label) => tablets.includes(label));
  return defects.length === 0 ? 'ok' : defects.join('-');
}

async function renderItem({ number, tablets, foil }: Plan, { seed, out, pictures }: Job): Promise<Truth> {
  const item = String(number).padStart(4, '0');
  const design = drawDesign(seededRandom(seed, number, 1));
  const tilt = (random: Random): Perspective => ({
    g: random.between(-2e-4, 2e-4),
    h: random.between(-2.4e-4, 2.4e-4),
    zoom: random.between(1, 1.04),
  });

  const topRandom = seededRandom(seed, number, 2);
  const top = drawTop(design, tablets, topRandom);
  const perspective = tilt(topRandom);
  const topFile = `${item}-${topName(tablets)}.jpg`;
  if (pictures) await photograph(top.svg, perspective, topRandom, join(out, 'top', topFile));

  const foilRandom = seededRandom(seed, number, 3);
  const back = drawFoil(design, foil, foilRandom);
  const foilFile = `${item}-${foil === 'intact' ? 'ok' : foil}.jpg`;
  const foilPerspective = tilt(foilRandom);
  if (pictures) await photograph(back.svg, foilPerspective, foilRandom, join(out, 'foil', foilFile));

  const good = foil === 'intact' && tablets.every((label) => label === 'whole');
  const cavities = top.cavities.map((points, index) => ({
    label: tablets[index] ?? 'whole',
    box: boxOf(points.map((point) => toPicturePoint(perspective, point))),
  }));
  const marks = back.marks.map(({ what, points }) => ({
    what,
    box: boxOf(points.map((point) => toPicturePoint(foilPerspective, point))),
  }));
  return {
    item,
    decision: good ? 'OK' : 'KO',
    top: { file: topFile, cavities },
    foil: { file: foilFile, label: foil, marks },
  };
}

async function renderAll(job: Job, done: (truth: Truth) => void): Promise<void> {
  for (const plan of job.plans) done(await renderItem(plan, job));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      count: { type: 'string', default: '30' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      mix: { type: 'string', default: 'line' },
      jobs: { type: 'string', default: '1' },
      'truth-only': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [count, first, seed, jobs] = [values.count, values.first, values.seed, values.jobs].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const { out, mix } = values;
  const pictures = !values['truth-only'];
  if (out === undefined) throw new Error('--out DIR is missing');
  if (mix !== 'line' && mix !== 'balanced') throw new Error(`--mix is "line" or "balanced", not "${mix}"`);
  if (![count, first, seed, jobs].every((value) => Number.isInteger(value) && value >= 0))
    throw new Error('--count, --first, --seed and --jobs take whole numbers');

  for (const camera of ['top', 'foil']) await mkdir(join(out, camera), { recursive: true });
  const random = seededRandom(seed, mix === 'line' ? 11 : 12);
  const plans = planItems(mix, first - 1 + count, random).slice(first - 1);
  const truths: Truth[] = [];
  const done = (truth: Truth): void => {
    truths.push(truth);
    if (process.stderr.isTTY) process.stderr.write(`\r${truths.length} of ${count} items`);
  };
  const threads = Math.max(1, Math.min(jobs, availableParallelism()));
  const shares = Array.from(
    { length: threads },
    (_, thread): Job => ({ out, seed, pictures, plans: plans.filter((_plan, index) => index % threads === thread) }),
  );
  if (threads === 1) {
    await renderAll({ out, seed, pictures, plans }, done);
  } else {
    await Promise.all(
      shares.map(
        (share) =>
          new Promise<void>((resolve, reject) => {
            const worker = new Worker(new URL(import.meta.url), { workerData: share });
            worker.on('message', done);
            worker.on('error', reject);
            worker.on('exit', (code) =>
              code === 0 ? resolve() : reject(new Error(`a rendering thread ended with ${code}`)),
            );
          }),
      ),
    );
  }
  truths.sort((a, b) => a.item.localeCompare(b.item));
  const lines = truths.map((truth) => `  ${JSON.stringify(truth)}`);
  await writeFile(join(out, 'truth.json'), `[\n${lines.join(',\n')}\n]\n`);
  if (process.stderr.isTTY) process.stderr.write('\n');
  console.log(`${truths.length} items (${truths.filter(({ decision }) => decision === 'OK').length} OK) in ${out}`);
}

if (isMainThread) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
} else {
  sharp.concurrency(1);
  await renderAll(workerData as Job, (truth) => parentPort?.postMessage(truth));
}

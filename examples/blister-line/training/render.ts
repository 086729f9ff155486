/** Renders the pictures of the blister line, and the truth about them. `node training/render.ts --help` */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { boxOf, type Perspective, photograph, toPicturePoint } from './camera.ts';
import { drawDesign } from './design.ts';
import { drawTop } from './film-side.ts';
import { drawFoil } from './foil-side.ts';
import type { FoilLabel, FoilMark, TabletLabel } from './pack.ts';
import { type Plan, planItems } from './plan.ts';
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

import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { RelativePath, staysInside } from '../../domain/relative-path.ts';
import { defineCamera } from '../../ports/camera.ts';
import { type ImageFolder, openImageFolder } from './image-folder.ts';

const Folder = RelativePath.meta({ description: 'Folder of .jpg and .png pictures under data/ of the edge root.' });

const Options = z
  .strictObject({
    input_images_folder: Folder.optional(),
    source: Folder.optional().meta({ description: 'The same as input_images_folder.' }),
    seed: z.int().optional().meta({ description: 'Makes the random order the same at every start.' }),
    order: z
      .enum(['random', 'in_order'])
      .default('random')
      .meta({ description: 'in_order: by name, then from the start.' }),
  })
  .refine((options) => options.input_images_folder !== undefined || options.source !== undefined, {
    error: 'expected a folder under data/, here or in "source", which means the same',
    path: ['input_images_folder'],
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine(
    (options) => (options.source ?? options.input_images_folder) === (options.input_images_folder ?? options.source),
    {
      error: 'expected the folder of "input_images_folder", which means the same: give one of the two',
      path: ['source'],
      when: ({ value }) => typeof value === 'object' && value !== null,
    },
  )
  .meta({ title: 'Fake camera: pictures from a folder' });

/** Takes its pictures from a folder. Pictures that are copied in while it is open are seen. */
export const fakeCamera = defineCamera({
  type: 'fake',
  options: Options,
  source: folderOf,
  async inspect(options, { root, written }) {
    const reason = await imageFolder(options, root, written).unusable();
    return reason ?? null;
  },
  async open(options, { root, written }) {
    const folder = imageFolder(options, root, written);
    const random = options.seed === undefined ? Math.random : seededRandom(options.seed);
    let taken = 0;
    let closed = false;

    const nextIndex = (count: number): number => {
      const index = options.order === 'in_order' ? taken % count : Math.floor(random() * count);
      taken += 1;
      return index;
    };

    return {
      async capture(signal) {
        signal.throwIfAborted();
        if (closed) throw new AppError('CAPTURE_FAILED', 'the fake camera is closed');
        const names = await folder.names();
        signal.throwIfAborted();
        const name = names[nextIndex(names.length)] as string;
        try {
          return await folder.read(name, signal);
        } catch (cause) {
          signal.throwIfAborted();
          throw new AppError('CAPTURE_FAILED', `"${name}" of image folder "${folder.shown}" could not be read`, {
            cause,
          });
        }
      },
      async check(signal) {
        signal.throwIfAborted();
        const reason = closed ? 'the fake camera is closed' : await folder.unusable();
        signal.throwIfAborted();
        if (reason !== undefined) throw new AppError('CAMERA_UNREACHABLE', reason);
      },
      async close() {
        closed = true;
      },
    };
  },
});

function folderOf(options: z.output<typeof Options>): string {
  return options.input_images_folder ?? options.source ?? '';
}

function imageFolder(
  options: z.output<typeof Options>,
  root: string,
  written: Readonly<Record<string, unknown>> | undefined,
): ImageFolder {
  const folder = folderOf(options);
  if (!staysInside(folder)) throw new AppError('CAPTURE_FAILED', 'the image folder of a fake camera lies under data/');
  const shown = written?.input_images_folder ?? written?.source ?? folder;
  return openImageFolder(join(root, 'data', folder), String(shown));
}

/** Mulberry32: the same numbers 0…1 for the same seed, on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

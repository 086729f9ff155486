import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AppError, messageOf } from '../../../domain/errors.ts';
import { isPathId } from '../../../domain/id.ts';
import type { Model } from '../../../domain/model.ts';
import { MODEL_ENDINGS, preparationFor } from './engines/index.ts';
import type { ModelSource } from './inference-protocol.ts';

/** Reads the one model file under `models/<model name>/` of the edge root. Rejects with `MODEL_INVALID`. */
export async function readModelFile(root: string, model: Model): Promise<ModelSource> {
  if (!isPathId(model.name)) throw invalid(model, 'its name cannot be the name of a folder');
  const folder = `models/${model.name}`;
  const entries = await readdir(join(root, folder)).catch((cause: unknown) => {
    throw invalid(model, `the folder ${folder} is missing or cannot be read`, cause);
  });
  const files = entries.filter((name) => MODEL_ENDINGS.includes(extname(name))).sort();
  const [name, ...more] = files;
  if (name === undefined) throw invalid(model, `there is no ${MODEL_ENDINGS.join(' or ')} file in ${folder}`);
  if (more.length > 0) throw invalid(model, `${folder} holds several model files: ${files.join(', ')}; keep one`);
  const file = `${folder}/${name}`;
  const content = await readFile(join(root, file)).catch((cause: unknown) => {
    throw invalid(model, `${file} cannot be read`, cause);
  });
  // Shared, so that every worker reads the same memory.
  const bytes = new Uint8Array(new SharedArrayBuffer(content.length));
  bytes.set(content);
  const digest = createHash('sha256').update(content).digest('hex');
  const ending = extname(name);
  const preparation = await preparationFor(ending).catch((cause: unknown) => {
    throw invalid(model, `${file} cannot be run here: ${messageOf(cause)}`, cause);
  });
  return { model, file, ending, preparation, bytes, digest };
}

function invalid(model: Model, reason: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', `model "${model.name}" cannot be loaded: ${reason}`, { cause });
}

import { resolve } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { writeNewRoot } from '../station/new-root.ts';
import { type Output, terminal } from './output.ts';

export interface InitArgs {
  /** The folder to write, as the caller named it. */
  readonly dir: string;
  /** Write into a folder that holds something; what is there is kept. */
  readonly force: boolean;
  readonly output?: Output;
}

/** Writes a new edge root that works at once. Exit code 1 for a folder that holds something already. */
export async function init({ dir, force, output = terminal }: InitArgs): Promise<number> {
  try {
    const written = await writeNewRoot(resolve(dir), force);
    for (const path of written) output.out(path);
    output.out(`\nA station that works. Start it with: edge-orchestrator serve --root ${dir}`);
    return 0;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    output.err(`${dir}: ${error.message}`);
    return 1;
  }
}

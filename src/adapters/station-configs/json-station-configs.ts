import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextFile } from '../../disk/text-file.ts';
import { RelativePath } from '../../domain/relative-path.ts';
import { type ConfigDocument, defineStationConfigs, type Stray } from '../../ports/station-configs.ts';

const ENDING = '.json';

/** One file per station config: its name is the file name without `.json`. Hidden files are left alone. */
export const jsonStationConfigs = defineStationConfigs({
  type: 'json',
  options: z
    .strictObject({
      folder: RelativePath.default('config/station_configs').meta({
        description: 'Folder of JSON files, relative to the edge root.',
      }),
    })
    .meta({ title: 'A folder of JSON files' }),
  async open({ folder }, { root }) {
    async function readDocument(fileName: string): Promise<ConfigDocument> {
      const { text, problem } = await readTextFile(join(root, folder, fileName));
      return {
        name: fileName.slice(0, -ENDING.length),
        file: `${folder}/${fileName}`,
        text,
        problem: problem === null ? undefined : `the station config ${problem}`,
      };
    }

    return {
      async read() {
        let entries: readonly Dirent[];
        try {
          entries = await readdir(join(root, folder), { withFileTypes: true });
        } catch (error) {
          return { documents: [], strays: [{ file: folder, message: folderProblem(error) }] };
        }
        const visible = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
        const isConfig = (entry: Dirent): boolean => entry.name.endsWith(ENDING) && !entry.isDirectory();
        return {
          documents: await Promise.all(visible.filter(isConfig).map(({ name }) => readDocument(name))),
          strays: visible.filter((entry) => !isConfig(entry)).map((entry) => strayOf(folder, entry)),
        };
      },
    };
  },
});

function strayOf(folder: string, entry: Dirent): Stray {
  const reason = entry.isDirectory() ? 'folders here are not read' : `the name of a station config ends in ${ENDING}`;
  return { file: `${folder}/${entry.name}`, message: `not taken as a station config: ${reason}` };
}

function folderProblem(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'the folder of the station configs does not exist, so there are none';
  if (code === 'ENOTDIR') return 'the folder of the station configs is not a folder, so there are none';
  return `the folder of the station configs cannot be read (${code})`;
}

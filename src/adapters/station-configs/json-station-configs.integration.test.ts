import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testContext } from '../../ports/context.test-support.ts';
import { stationConfigsContract } from '../../ports/station-configs.contract.ts';
import type { StationConfigs } from '../../ports/station-configs.ts';
import { asNobody } from '../../testing/unprivileged.test-support.ts';
import { jsonStationConfigs } from './json-station-configs.ts';

const FOLDER = 'config/station_configs';

async function sourceWith(
  texts: Readonly<Record<string, string>>,
  prepare: (folder: string) => Promise<unknown> = async () => undefined,
): Promise<StationConfigs> {
  const context = await testContext();
  const folder = join(context.root, FOLDER);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, `${name}.json`), text);
  await prepare(folder);
  return await jsonStationConfigs.open(jsonStationConfigs.options.parse({}), context);
}

describe('JSON station configs', () => {
  stationConfigsContract(sourceWith);

  it('names the file relative to the root', async () => {
    const { documents } = await (await sourceWith({ line: '{}' })).read();
    expect(documents).toMatchObject([{ name: 'line', file: 'config/station_configs/line.json' }]);
  });

  it('sees a config that was written after it was opened', async () => {
    const context = await testContext();
    const folder = join(context.root, FOLDER);
    await mkdir(folder, { recursive: true });
    const source = await jsonStationConfigs.open({ folder: FOLDER }, context);
    expect((await source.read()).documents).toEqual([]);
    await writeFile(join(folder, 'new.json'), '{}');
    expect((await source.read()).documents).toMatchObject([{ name: 'new' }]);
  });

  it('says what lies beside the configs and leaves hidden files alone', async () => {
    const source = await sourceWith({ line: '{}' }, async (folder) => {
      await mkdir(join(folder, 'old'));
      await mkdir(join(folder, 'folder.json'));
      await writeFile(join(folder, 'line.jsonc'), '{}');
      await writeFile(join(folder, '.line.json.swp'), 'x');
      await writeFile(join(folder, '._line.json'), 'x');
    });
    const { documents, strays } = await source.read();
    expect(documents.map(({ name }) => name)).toEqual(['line']);
    expect(strays).toEqual([
      { file: `${FOLDER}/folder.json`, message: 'not taken as a station config: folders here are not read' },
      {
        file: `${FOLDER}/line.jsonc`,
        message: 'not taken as a station config: the name of a station config ends in .json',
      },
      { file: `${FOLDER}/old`, message: 'not taken as a station config: folders here are not read' },
    ]);
  });

  it('follows links, and says when one leads nowhere', async () => {
    const source = await sourceWith({ real: '{}' }, async (folder) => {
      await symlink('real.json', join(folder, 'link.json'));
      await symlink('nothing.json', join(folder, 'dangling.json'));
    });
    const { documents } = await source.read();
    expect(documents).toMatchObject([
      { name: 'dangling', text: '', problem: 'the station config does not exist' },
      { name: 'link', text: '{}' },
      { name: 'real', text: '{}' },
    ]);
  });

  it('says when a config may not be read', async () => {
    const source = await sourceWith({ secret: '{}' }, async (folder) => {
      await chmod(join(folder, 'secret.json'), 0);
      await chmod(join(folder, '../..'), 0o755);
    });
    const { documents } = await asNobody(() => source.read());
    expect(documents).toMatchObject([{ problem: 'the station config cannot be read (EACCES)' }]);
  });

  it('has none when the folder is missing or is none, and says so', async () => {
    const context = await testContext();
    const missing = await jsonStationConfigs.open({ folder: FOLDER }, context);
    expect((await missing.read()).strays).toMatchObject([
      { file: FOLDER, message: expect.stringContaining('does not exist') },
    ]);
    await writeFile(join(context.root, 'file'), '');
    const file = await jsonStationConfigs.open({ folder: 'file' }, context);
    expect((await file.read()).strays).toMatchObject([{ message: expect.stringContaining('is not a folder') }]);
  });
});

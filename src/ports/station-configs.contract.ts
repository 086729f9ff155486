import { describe, expect, it } from 'vitest';
import type { StationConfigs } from './station-configs.ts';

/** What every source of station configs promises. `open` gives one that holds these texts by name. */
export function stationConfigsContract(
  open: (texts: Readonly<Record<string, string>>) => Promise<StationConfigs>,
): void {
  describe('as a source of station configs', () => {
    it('gives every config by name, exactly as someone wrote it', async () => {
      const source = await open({ line_b: '{ "b": 1 }\n', 'line-a.2': '// a\n{}' });
      const { documents, strays } = await source.read();
      expect(documents.map(({ name, text }) => [name, text])).toEqual([
        ['line-a.2', '// a\n{}'],
        ['line_b', '{ "b": 1 }\n'],
      ]);
      expect(strays).toEqual([]);
    });

    it('gives none when there is none, instead of rejecting', async () => {
      const source = await open({});
      expect((await source.read()).documents).toEqual([]);
    });

    it('gives a broken text like any other', async () => {
      const source = await open({ broken: '{"' });
      expect((await source.read()).documents).toMatchObject([{ name: 'broken', text: '{"' }]);
    });
  });
}

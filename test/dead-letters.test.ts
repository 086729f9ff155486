import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newEdgeRoot, type RootFiles, writeFiles } from './edge-root.test-support.ts';
import { eventually } from './eventually.test-support.ts';
import { runCommand, type StationProcess, startStation } from './station-process.test-support.ts';

const edge = (delayMs: number): RootFiles => ({
  'config/edge.json': { model_forward: { type: 'fake', delay_ms: delayMs }, active_config: 'line' },
});

interface Letter {
  readonly item_id: string;
  readonly what: string;
  readonly attempts: number;
}

/** A root whose station was killed twice while it inspected the same item, and a station that serves it now. */
async function rootWithDeadLetter(): Promise<{ root: string; id: string; station: StationProcess }> {
  const root = newEdgeRoot(edge(60_000));
  let station = await startStation(root);
  const id = await station.trigger({ serial_number: 'poison' });
  for (let kill = 0; kill < 2; kill += 1) {
    await eventually(() => expect(readFileSync(join(root, 'data/running-items'), 'utf8')).toContain(id));
    await eventually(async () => expect(await station.get(`/items/${id}/binaries`)).toEqual(['top.jpg']));
    await station.stop('SIGKILL');
    if (kill === 1) writeFiles(root, { ...edge(0) });
    station = await startStation(root);
  }
  return { root, id, station };
}

describe.concurrent('an item that ends the station twice', () => {
  it('is set aside undecided, with its reason and its picture, and the station goes on', async () => {
    const { root, id, station } = await rootWithDeadLetter();
    const item = await station.get(`/items/${id}`);
    const reason = 'the station ended 2 times while it inspected this item';
    expect(item).toMatchObject({ state: 'Done', decision: 'NO_DECISION', error: `set aside: ${reason}` });
    const letter = { item_id: id, what: 'inspection', reason, attempts: 2 };
    expect(await station.get<Letter[]>('/dead-letters')).toEqual([expect.objectContaining(letter)]);
    expect(await station.get('/health')).toMatchObject({
      ...{ ready: true, dead_letters: 1, warnings: [expect.stringContaining('1 item is set aside')] },
    });
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    // the command asks the station that serves the root
    const listed = await runCommand(['dead-letters', '--root', root]);
    expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining(`${id}  inspection`) });
    expect(await station.stop()).toBe(0);
    const afterwards = await startStation(root);
    expect(await afterwards.get<Letter[]>('/dead-letters')).toHaveLength(1);
    await afterwards.stop();
  });

  it('is inspected again from its stored picture when somebody asks to, and has that verdict then', async () => {
    const { id, station } = await rootWithDeadLetter();
    const answer = await station.request('POST', `/dead-letters/${id}/retry`);
    expect(await answer.json()).toEqual({ parts: ['inspection'] });
    await eventually(async () => {
      expect(await station.get(`/items/${id}`)).toMatchObject({ state: 'Done', decision: 'OK', error: null });
    });
    await eventually(async () => expect(await station.get('/dead-letters')).toEqual([]));
    expect(await station.get('/ledger')).toMatchObject({ closed: true, accepted: 1, decided: 1, stored: 1 });
    expect((await station.request('POST', `/dead-letters/${id}/retry`)).status).toBe(404);
    await station.stop();
  });

  it('is tried again by a command at the next start of a station that does not run', async () => {
    const { root, id, station } = await rootWithDeadLetter();
    await station.stop();
    expect(await runCommand(['dead-letters', 'retry', id, '--root', root])).toMatchObject({ status: 0 });
    const next = await startStation(root);
    await eventually(async () => {
      expect(await next.get(`/items/${id}`)).toMatchObject({ decision: 'OK', error: null });
    });
    await next.stop();
  });

  it('is left as it is when it is given up', async () => {
    const { root, id, station } = await rootWithDeadLetter();
    expect(await runCommand(['dead-letters', 'drop', 'all', '--root', root, '--json'])).toMatchObject({ status: 0 });
    expect(await station.get('/dead-letters')).toEqual([]);
    expect(await station.get(`/items/${id}`)).toMatchObject({ decision: 'NO_DECISION' });
    expect((await station.request('DELETE', `/dead-letters/${id}`)).status).toBe(404);
    expect((await station.request('DELETE', '/dead-letters/..%2f..')).status).toBe(404);
    const unknown = await runCommand(['dead-letters', 'drop', 'nothing-like-it', '--root', root]);
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('is set aside') });
    await station.stop();
  });
});

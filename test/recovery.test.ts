import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyLabel, newEdgeRoot, oneCamera, picture, stationConfig, writeFiles } from './edge-root.test-support.ts';
import { eventually } from './eventually.test-support.ts';
import { type StationProcess, startStation } from './station-process.test-support.ts';

const edge = (delayMs: number, change: object = {}) => ({
  'config/edge.json': { model_forward: { type: 'fake', delay_ms: delayMs }, active_config: 'line', ...change },
});

/** A station with an item in the middle of its inspection, its picture saved; then it is killed. */
async function killed(root: string, meanwhile?: (station: StationProcess) => Promise<void>): Promise<string> {
  const station = await startStation(root);
  const id = await station.trigger();
  await eventually(() => expect(readdirSync(join(root, 'data/storage/line', id))).toContain('top.jpg'));
  await meanwhile?.(station);
  await station.stop('SIGKILL');
  return id;
}

describe.concurrent('an item that a crash left behind', () => {
  it('is decided under the config it was triggered with, whatever is active and whatever became of its file', async () => {
    const root = newEdgeRoot({
      ...edge(60_000),
      'config/station_configs/other.json': stationConfig({ side: oneCamera() }),
    });
    const id = await killed(root, async (station) => {
      expect((await station.activate('other')).status).toBe(200);
    });
    // by today's file every item would be KO
    const changed = oneCamera({ camera_rule: anyLabel('nothing like it') });
    writeFiles(root, { ...edge(0), 'config/station_configs/line.json': stationConfig({ top: changed }) });
    const next = await startStation(root);
    expect(await next.done(id)).toMatchObject({
      ...{ decision: 'OK', error: null, station_config: 'line', binaries: ['top.jpg'] },
      warnings: [expect.stringContaining('the station stopped while it was inspected')],
      inferences: { top: { sort: expect.anything() } },
    });
    expect(await next.inspected()).toMatchObject({ station_config: 'other' });
    await next.stop();
  });

  it('is closed undecided when its config cannot be opened any more, and says why', async () => {
    const root = newEdgeRoot(edge(60_000));
    const id = await killed(root);
    const inventory = { cameras: ['fake'], models: {}, camera_rules: [], item_rules: [] };
    writeFiles(root, { ...edge(0), 'config/inventory.json': inventory });
    const next = await startStation(root);
    const item = await next.done(id);
    expect(item).toMatchObject({ decision: 'NO_DECISION' });
    expect(item.error).toMatch(/its station config "line" cannot be opened as it was: .*"sorter"/);
    await next.stop();
  });

  it('is late when it had a deadline, and has the decision of its models all the same', async () => {
    const deadline = { deadline: { ms: 30_000 } };
    const root = newEdgeRoot(edge(60_000, deadline));
    const id = await killed(root);
    writeFiles(root, edge(0, deadline));
    const next = await startStation(root);
    expect(await next.done(id)).toMatchObject({ decision: 'OK', late: true, error: null });
    await next.stop();
  });

  it('of two cameras is never OK when the picture of one is lost', async () => {
    const root = newEdgeRoot({
      ...edge(60_000),
      'config/station_configs/line.json': stationConfig({ top: oneCamera(), side: oneCamera() }),
    });
    const station = await startStation(root);
    const id = await station.trigger();
    const folder = join(root, 'data/storage/line', id);
    await eventually(() => expect(readdirSync(folder)).toEqual(expect.arrayContaining(['side.jpg', 'top.jpg'])));
    await station.stop('SIGKILL');
    rmSync(join(folder, 'side.jpg'));
    writeFiles(root, edge(0));
    const next = await startStation(root);
    expect(await next.done(id)).toMatchObject({
      ...{ decision: 'NO_DECISION', error: 'camera "side": no picture of it had been saved', binaries: ['top.jpg'] },
      camera_decisions: { top: { decision: 'OK' }, side: { decision: 'NO_DECISION' } },
    });
    await next.stop();
  });

  it('waits for another start when the station is stopped before its turn', async () => {
    const root = newEdgeRoot(edge(60_000));
    const station = await startStation(root);
    const ids = await Promise.all([station.trigger(), station.trigger(), station.trigger()]);
    await eventually(() => {
      for (const id of ids) expect(readdirSync(join(root, 'data/storage/line', id))).toContain('top.jpg');
    });
    await station.stop('SIGKILL');
    writeFiles(root, edge(1_500));
    const slow = await startStation(root);
    expect(await slow.stop()).toBe(0);
    writeFiles(root, edge(0));
    const next = await startStation(root);
    const { recovering } = await next.get<{ recovering: number }>('/health');
    expect(recovering).toBeLessThanOrEqual(3);
    for (const id of ids) expect(await next.done(id)).toMatchObject({ decision: 'OK', error: null });
    expect(await next.get('/dead-letters')).toEqual([]);
    await next.stop();
  });

  it('that was never captured is closed undecided, or captured now where the station is told to', async () => {
    const slowCamera = { 'data/plates/grey.jpg': await picture('grey', { width: 64, height: 48 }) };
    for (const [recapture, decision] of [
      [false, 'NO_DECISION'],
      [true, 'OK'],
    ] as const) {
      const root = newEdgeRoot({ ...slowCamera, ...edge(60_000) });
      const id = await killed(root);
      // as if the process had ended before the picture was saved
      rmSync(join(root, 'data/storage/line', id), { recursive: true });
      writeFiles(root, edge(0, { recovery: { recapture } }));
      const next = await startStation(root);
      const item = await next.done(id);
      expect(item.decision).toBe(decision);
      if (!recapture) expect(item.error).toMatch(/before a picture of the part was saved/);
      expect(await next.get('/ledger')).toMatchObject({ closed: true, accepted: 1 });
      await next.stop();
    }
  });
});

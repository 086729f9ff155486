import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery } from '../src/domain/delivery.ts';
import type { Diagnostic } from '../src/domain/diagnostic.ts';
import type { Item } from '../src/domain/item.ts';
import type { StationStatus } from '../src/station/orchestrator.ts';
import { newEdgeRoot } from './edge-root.test-support.ts';
import { eventually } from './eventually.test-support.ts';
import { type RemoteServers, startRemoteServers, withoutPostgres } from './remote-servers.test-support.ts';
import { runCommand, type StationProcess, startStation } from './station-process.test-support.ts';

const ALL = ['binary_storage', 'metadata_storage', 'telemetry_sink'];

const deliveriesOf = async (station: StationProcess, id: string): Promise<readonly Delivery[]> =>
  (await station.get<{ deliveries: readonly Delivery[] }>(`/items/${id}/delivery`)).deliveries;

/** Resolves when nothing waits to be delivered. */
async function untilDelivered(station: StationProcess): Promise<void> {
  await eventually(async () => {
    const { deliveries } = await station.get<StationStatus>('/health');
    expect(deliveries.map(({ waiting }) => waiting)).toEqual([0, 0, 0]);
  });
}

describe.skipIf(withoutPostgres !== '')(`a station with an S3 store and PostgreSQL${withoutPostgres}`, () => {
  let servers: RemoteServers;
  beforeAll(async () => {
    servers = await startRemoteServers();
  });
  afterAll(async () => {
    await servers?.close();
  });

  it('keeps inspecting while both are away, also over a crash, and delivers everything once when they are back', async () => {
    const root = newEdgeRoot(servers.edge());
    const { env } = servers;
    let station = await startStation(root, { env });
    const before = await station.inspected({ serial_number: 'before' });
    await untilDelivered(station);
    expect((await deliveriesOf(station, before.id)).map(({ destination, state }) => [destination, state])).toEqual(
      ALL.map((destination) => [destination, 'delivered']),
    );

    await servers.goAway();
    const meanwhile: Item[] = [];
    for (let count = 0; count < 40; count += 1) meanwhile.push(await station.inspected());
    for (const item of meanwhile) expect(item).toMatchObject({ decision: 'OK', error: null });
    await eventually(async () => {
      const { ready, warnings, deliveries } = await station.get<StationStatus & { ready: boolean }>('/health');
      expect(ready).toBe(true);
      expect(deliveries.map(({ waiting }) => waiting)).toEqual([40, 40, 40]);
      for (const { oldest_at, failure } of deliveries)
        expect([typeof oldest_at, typeof failure]).toEqual(['string', 'string']);
      expect(warnings.join()).toMatch(/telemetry_sink \(postgresql\): .+; 40 items wait/);
      expect(JSON.stringify(warnings)).not.toContain('swordfish');
    });
    const places = (await station.get<Diagnostic[]>('/configs/diagnostics')).map(({ file, path }) => `${file} ${path}`);
    expect(places).toEqual(ALL.map((destination) => `config/edge.json ${destination}`));
    const [waiting] = await deliveriesOf(station, meanwhile[0]?.id ?? '');
    expect(waiting).toMatchObject({ state: 'waiting', delivered_at: null });
    await station.stop('SIGKILL');
    station = await startStation(root, { env });
    meanwhile.push(await station.inspected());
    const open = await runCommand(['ledger', '--root', root, '--json'], { env });
    expect(open.status).toBe(1);
    expect(JSON.parse(open.stdout)).toMatchObject({ closed: false, accepted: 42, decided: 42, stored: 42 });

    await servers.comeBack();
    await untilDelivered(station);
    const items = [before, ...meanwhile];
    expect(await servers.objects()).toEqual(
      items.flatMap(({ id }) => [`line-7/line/${id}/metadata.json`, `line-7/line/${id}/top.jpg`]).toSorted(),
    );
    for (const item of items) {
      const record = await servers.object(`line-7/line/${item.id}/metadata.json`);
      expect(JSON.parse(Buffer.from(record ?? []).toString())).toEqual(item);
    }
    // once each, in the order they were decided
    const rows = await servers.rows();
    expect(rows.map(({ item_id }) => item_id)).toEqual(items.map(({ id }) => id));
    expect(rows[0]).toMatchObject({ device_id: 'line-7', business_decision: 'OK', config: 'line' });
    const { status, stdout } = await runCommand(['ledger', '--root', root], { env });
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('The ledger closes') });
    expect(await station.stop()).toBe(0);
  });

  it('reads from the store what it has removed from its own disk', async () => {
    const edge = servers.edge({ retention: { max_gb: 0.000_000_1 } });
    const root = newEdgeRoot(edge);
    const station = await startStation(root, { env: servers.env });
    const item = await station.inspected();
    const upload = (await (await station.request('POST', '/upload', uploadForm())).json()) as { item_id: string };
    await untilDelivered(station);
    await station.stop();
    const next = await startStation(root, { env: servers.env });
    await eventually(async () => expect(await next.get('/items')).toEqual([]));
    expect(await next.get(`/items/${item.id}`)).toEqual(item);
    const picture = await next.request('GET', `/items/${item.id}/binaries/top`);
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(readFileSync(join(root, 'data/plates/grey.jpg')));
    expect(await next.get(`/items/${upload.item_id}/binaries`)).toEqual(['0.bin']);
    expect(await next.get(`/items/${item.id}/delivery`)).toMatchObject({ on_station: false });
    expect((await next.request('GET', '/items/unknown')).status).toBe(404);
    expect(await next.get('/ledger')).toMatchObject({
      ...{ closed: true, accepted: 1, decided: 1, stored: 1, uploads: 1, removed: 2 },
      deliveries: [
        expect.objectContaining({ destination: 'binary_storage', delivered: 2 }),
        expect.objectContaining({ destination: 'metadata_storage', delivered: 2 }),
        expect.objectContaining({ destination: 'telemetry_sink', delivered: 1 }),
      ],
    });
    await next.stop();
  });

  it('sets aside a picture that is gone from its disk, delivers the rest, and tries again when asked to', async () => {
    const root = newEdgeRoot(servers.edge());
    const station = await startStation(root, { env: servers.env });
    await station.inspected();
    await untilDelivered(station);
    await servers.goAway();
    const lost = await station.inspected();
    const other = await station.inspected();
    const file = join(root, 'data/storage/line', lost.id, 'top.jpg');
    const bytes = readFileSync(file);
    rmSync(file);
    await servers.comeBack();
    await untilDelivered(station);
    expect((await deliveriesOf(station, other.id)).every(({ state }) => state === 'delivered')).toBe(true);
    const letter = { item_id: lost.id, what: 'binary_storage', reason: 'top.jpg is gone from the disk of the station' };
    expect(await station.get('/dead-letters')).toEqual([expect.objectContaining(letter)]);
    writeFileSync(file, bytes);
    const retried = await runCommand(['dead-letters', 'retry', lost.id, '--what', 'binary_storage', '--root', root]);
    expect(retried).toMatchObject({ status: 0, stdout: expect.stringContaining('is tried again') });
    await untilDelivered(station);
    expect(await servers.objects()).toContain(`line-7/line/${lost.id}/top.jpg`);
    await station.stop();
  });

  it('knows after reindex what was delivered, and delivers nothing twice', async () => {
    const root = newEdgeRoot(servers.edge());
    const station = await startStation(root, { env: servers.env });
    const { id } = await station.inspected();
    await untilDelivered(station);
    const delivered = await deliveriesOf(station, id);
    // a running station is asked to do it
    expect(await runCommand(['reindex', '--root', root, '--json'])).toMatchObject({ status: 0 });
    expect(await deliveriesOf(station, id)).toEqual(delivered);
    await station.stop();
    expect(await runCommand(['reindex', '--root', root], { env: servers.env })).toMatchObject({ status: 0 });
    const next = await startStation(root, { env: servers.env });
    expect(await deliveriesOf(next, id)).toEqual(delivered);
    await next.stop();
  });
});

function uploadForm(): FormData {
  const data = new FormData();
  data.set('image', new Blob([Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46)]), 'part.jpg');
  return data;
}

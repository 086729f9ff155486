import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Item } from '../src/domain/item.ts';
import { newEdgeRoot, writeFiles } from './edge-root.test-support.ts';
import { listenToEvents } from './events.test-support.ts';
import { eventually } from './eventually.test-support.ts';
import { startStation } from './station-process.test-support.ts';

/** A station whose model takes its time. */
const slowRoot = (delayMs: number, server: object = {}) =>
  newEdgeRoot({
    'config/edge.json': { model_forward: { type: 'fake', delay_ms: delayMs }, active_config: 'line', server },
  });

/** Every item of a root as the journal has it; the station has ended. */
function journaled(root: string): readonly Item[] {
  const database = new DatabaseSync(join(root, 'data/journal.db'), { readOnly: true });
  const rows = database.prepare('SELECT item FROM items').all();
  database.close();
  return rows.map((row) => JSON.parse(String(row.item)) as Item);
}

function saved(root: string, id: string): Item {
  return JSON.parse(readFileSync(join(root, 'data/storage/line', id, 'metadata.json'), 'utf8')) as Item;
}

interface Reply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: { readonly item_id?: string; readonly code?: string };
}

/** Sends this many triggers at once, each over a connection of its own where `sockets` allows it. */
async function burst(url: string, count: number, sockets: number): Promise<readonly Reply[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const one = (): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(`${url}/api/v1/trigger`, { method: 'POST', agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => {
          resolve({
            status: answer.statusCode ?? 0,
            retryAfter: answer.headers['retry-after'],
            body: JSON.parse(text),
          });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  const replies = await Promise.all(Array.from({ length: count }, one));
  agent.destroy();
  return replies;
}

const memoryMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

describe('5,000 triggers at once', () => {
  it('are taken up to what may run and wait, refused beyond that, and none that was taken is lost', async () => {
    const root = slowRoot(300, { max_in_flight: 16, max_waiting: 200 });
    const station = await startStation(root);
    const replies = await burst(station.url, 5_000, 500);
    const taken = replies.filter(({ status }) => status === 200).map(({ body }) => String(body.item_id));
    const refused = replies.filter(({ status }) => status !== 200);
    expect(taken.length).toBeGreaterThanOrEqual(216);
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken.length + refused.length).toBe(5_000);
    for (const { status, retryAfter, body } of refused) {
      expect([status, body.code, Number(retryAfter) >= 1]).toEqual([503, 'QUEUE_FULL', true]);
    }
    expect(memoryMb(station.pid)).toBeLessThan(600);
    for (const id of taken) expect(await station.done(id)).toMatchObject({ decision: 'OK', error: null });
    expect(readdirSync(join(root, 'data/storage/line')).sort()).toEqual(taken.toSorted());
    // and takes more as soon as there is room
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    expect(await station.stop()).toBe(0);
  });

  it('are never more at a time than in flight and waiting together', async () => {
    const station = await startStation(slowRoot(60_000, { max_in_flight: 2, max_waiting: 5 }));
    const replies = await burst(station.url, 50, 50);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(7);
    await eventually(async () => {
      const states = (await station.get<Item[]>('/items')).map(({ state }) => state);
      expect(states.toSorted()).toEqual(['Inference', 'Inference', ...Array(5).fill('Save Binaries')]);
    });
    await station.stop('SIGKILL');
  });
});

describe.concurrent('a station that may have few files open', () => {
  it('saves a burst of pictures all the same', async () => {
    const station = await startStation(slowRoot(5), { under: ['sh', '-c', 'ulimit -n 256 && exec "$@"', 'sh'] });
    const replies = await burst(station.url, 600, 50);
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    for (const { body } of replies) {
      expect(await station.done(String(body.item_id))).toMatchObject({ decision: 'OK', error: null });
    }
    expect(await station.stop()).toBe(0);
  });
});

describe.concurrent('a picture waiting for its inspection', () => {
  it('was taken when its trigger came, and waits on disk', async () => {
    const root = slowRoot(1_000, { max_in_flight: 1 });
    const station = await startStation(root);
    await station.trigger();
    const second = await station.trigger();
    const file = join(root, 'data/storage/line', second, 'top.jpg');
    await eventually(() => expect(statSync(file).size).toBeGreaterThan(0));
    expect(await station.get(`/items/${second}/state`)).toBe('Save Binaries');
    await eventually(async () => expect(await station.get(`/items/${second}/binaries`)).toEqual(['top.jpg']));
    expect(await station.done(second)).toMatchObject({ decision: 'OK' });
    await station.stop();
  });
});

describe.concurrent('SIGTERM', () => {
  it('lets 20 running inspections end, and the station ends with status 0', async () => {
    const root = slowRoot(300, { max_in_flight: 8 });
    const station = await startStation(root);
    const ids = await Promise.all(Array.from({ length: 20 }, () => station.trigger()));
    expect(await station.stop()).toBe(0);
    const items = journaled(root);
    expect(items.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    for (const item of items) {
      expect(item).toMatchObject({ state: 'Done', decision: 'OK', error: null });
      expect(saved(root, item.id)).toEqual(item);
    }
  });

  it('ends the station although clients keep their connections open', async () => {
    const station = await startStation(newEdgeRoot());
    const events = await listenToEvents(station.url);
    await station.inspected();
    expect(await station.stop()).toBe(0);
    events.close();
  });

  it('lets new triggers be refused while the running ones end', async () => {
    const station = await startStation(slowRoot(1_500));
    await station.trigger();
    station.child.kill('SIGTERM');
    await eventually(() => expect(station.stderr()).toContain('stopping'));
    const answer = await station.request('POST', '/trigger').catch(() => null);
    expect(answer?.status ?? 503).toBe(503);
    expect((await station.ended).status).toBe(0);
  });

  it('sent twice ends the station at once, and the next start finishes what was left', async () => {
    const root = slowRoot(20_000);
    const station = await startStation(root);
    const id = await station.trigger();
    station.child.kill('SIGTERM');
    await eventually(() => expect(station.stderr()).toContain('stopping'));
    expect(await station.stop()).not.toBe(0);
    writeFiles(root, { 'config/edge.json': { model_forward: { type: 'fake' }, active_config: 'line' } });
    const next = await startStation(root);
    expect(await next.done(id)).toMatchObject({ decision: 'OK', binaries: ['top.jpg'], error: null });
    await next.stop();
  });

  it('sent to the built product ends it as well', async () => {
    const root = slowRoot(200);
    const station = await startStation(root, { program: ['npm', 'start', '--silent', '--'] });
    const ids = await Promise.all(Array.from({ length: 6 }, () => station.trigger()));
    expect(await station.stop()).toBe(0);
    for (const id of ids) expect(saved(root, id)).toMatchObject({ state: 'Done', decision: 'OK' });
  });
});

describe.concurrent('a station that was killed', () => {
  it('finishes every item from its stored pictures once it starts again', async () => {
    const root = slowRoot(250, { max_in_flight: 2 });
    const station = await startStation(root);
    const early = await station.inspected();
    const ids = await Promise.all(Array.from({ length: 12 }, () => station.trigger()));
    const decided = await station.done(String(ids[0]));
    await eventually(() => {
      for (const id of ids) expect(readdirSync(join(root, 'data/storage/line', id))).toContain('top.jpg');
    });
    await station.stop('SIGKILL');
    const next = await startStation(root);
    const items = await Promise.all([early.id, ...ids].map((id) => next.done(id)));
    expect((await next.get<Item[]>('/items?limit=1000')).map(({ id }) => id).toSorted()).toEqual(
      items.map(({ id }) => id).toSorted(),
    );
    const resumed = items.filter(({ warnings }) => warnings.some((warning) => warning.includes('the station stopped')));
    expect(resumed.length).toBeGreaterThan(5);
    for (const item of resumed) {
      expect(item).toMatchObject({ decision: 'OK', error: null, binaries: ['top.jpg'], late: false });
      expect(saved(root, item.id)).toEqual(item);
    }
    for (const item of [early, decided]) expect(items.find(({ id }) => id === item.id)).toEqual(item);
    expect(await next.inspected()).toMatchObject({ decision: 'OK' });
    await next.stop();
  });
});

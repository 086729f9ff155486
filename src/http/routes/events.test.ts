import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StationEvent } from '../../application/event-log.ts';
import { type TestServer, testServer } from '../test-server.test-support.ts';

const stateOf = (item_id: string, state: 'Capture' | 'Done'): StationEvent => ({
  event: 'item',
  data: { item_id, state, decision: null, station_config: 'front', at: '2024-04-02T10:00:00.000Z' },
});

interface Listener {
  readonly socket: Socket;
  /** What came so far, headers and chunk sizes included. */
  text(): string;
}

async function listener({ listen }: Pick<TestServer, 'listen'>, headers = ''): Promise<Listener> {
  const { port } = await listen();
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
  });
  socket.on('error', () => {});
  socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  await vi.waitFor(() => expect(text).toContain(': connected\n\n'));
  return { socket, text: () => text };
}

/** Counts those who listen to the station. */
function countListeners({ orchestrator }: TestServer): () => number {
  const { subscribe } = orchestrator.events;
  let count = 0;
  orchestrator.events.subscribe = (...parameters) => {
    const unsubscribe = subscribe(...parameters);
    count += 1;
    return () => {
      count -= 1;
      unsubscribe();
    };
  };
  return () => count;
}

describe('GET /events', () => {
  it('tells what happens at once, with its id', async () => {
    const server = testServer();
    const { text } = await listener(server);
    expect(text()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(text()).toMatch(/content-type: text\/event-stream\r\n/i);
    expect(text()).toMatch(/cache-control: no-cache/i);
    server.orchestrator.events.publish(stateOf('a', 'Capture'));
    await vi.waitFor(() =>
      expect(text()).toMatch(/id: run-1\nevent: item\ndata: \{.*"item_id":"a","state":"Capture".*\}\n\n/),
    );
    server.orchestrator.events.publish({ event: 'config', data: { active: null } });
    await vi.waitFor(() => expect(text()).toContain('id: run-2\nevent: config\ndata: {"active":null}\n\n'));
  });

  it('begins with now', async () => {
    const server = testServer();
    server.orchestrator.events.publish(stateOf('before', 'Done'));
    const { text } = await listener(server);
    server.orchestrator.events.publish(stateOf('after', 'Done'));
    await vi.waitFor(() => expect(text()).toContain('after'));
    expect(text()).not.toContain('before');
  });

  it('goes on where the listener lost it', async () => {
    const server = testServer();
    for (const id of ['a', 'b', 'c']) server.orchestrator.events.publish(stateOf(id, 'Done'));
    const { text } = await listener(server, 'Last-Event-ID: run-1\r\n');
    await vi.waitFor(() => expect(text()).toContain('id: run-3\n'));
    expect([...text().matchAll(/"item_id":"(.)"/g)].map(([, id]) => id)).toEqual(['b', 'c']);
  });

  it('lets a page of a named origin listen', async () => {
    const { text } = await listener(testServer({ corsOrigins: ['http://page'] }), 'Origin: http://page\r\n');
    expect(text()).toMatch(/access-control-allow-origin: http:\/\/page\r\n/i);
  });

  it('says now and then that it is still there', async () => {
    const { text } = await listener(testServer({ eventCommentIntervalMs: 5 }));
    await vi.waitFor(() => expect(text().match(/^: still here\n\n/gm)?.length).toBeGreaterThan(1));
  });

  it('forgets who has gone', async () => {
    const server = testServer();
    const listeners = countListeners(server);
    const { socket } = await listener(server);
    expect(listeners()).toBe(1);
    socket.destroy();
    await vi.waitFor(() => expect(listeners()).toBe(0));
  });

  it('lets go who does not read, rather than keeping everything for them', async () => {
    const server = testServer();
    const listeners = countListeners(server);
    const { socket } = await listener(server);
    socket.pause();
    const large = stateOf('x'.repeat(100_000), 'Done');
    await vi.waitFor(
      () => {
        server.orchestrator.events.publish(large);
        expect(listeners()).toBe(0);
      },
      { interval: 1, timeout: 10_000 },
    );
  });

  it('ends when the server closes', async () => {
    const server = testServer();
    const listeners = countListeners(server);
    const { socket, text } = await listener(server);
    const ended = new Promise((resolve) => socket.on('close', resolve));
    await server.app.close();
    await ended;
    expect(text()).toMatch(/\r\n0\r\n\r\n$/);
    expect(listeners()).toBe(0);
  });

  it('does not begin for HEAD', async () => {
    const server = testServer();
    const listeners = countListeners(server);
    const answer = await server.app.inject({ method: 'HEAD', url: '/api/v1/events' });
    expect([answer.statusCode, answer.headers['content-type'], listeners()]).toEqual([200, 'text/event-stream', 0]);
  });
});

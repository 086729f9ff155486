import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ListenOptions, listen } from './listen.ts';
import { memoryOrchestrator } from './memory-orchestrator.test-support.ts';

const log = { debug() {}, error() {} };
const server = { cors_origins: [], body_limit_mb: 32 };

async function listening(change: Partial<ListenOptions> = {}) {
  const place = { host: '127.0.0.1', port: 0, apiKey: null, server, ...change };
  const running = await listen(memoryOrchestrator(), place, log);
  onTestFinished(running.close);
  return running;
}

describe('a server', () => {
  it('says where it is, and answers there', async () => {
    const { url } = await listening();
    expect(await (await fetch(`${url}/api/v1`)).json()).toBe('the edge orchestrator is up and running');
  });

  it('names the port that is in use and what to do', async () => {
    const { url } = await listening();
    const port = Number(new URL(url).port);
    await expect(listening({ port })).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      message: `port ${port} on 127.0.0.1 is in use: stop what uses it, or choose another with --port`,
    });
  });

  it('closes although a sender has stalled in the middle of its body', async () => {
    const { url, close } = await listening({ graceMs: 50 });
    const sender = connect(Number(new URL(url).port), '127.0.0.1');
    sender.on('error', () => {});
    sender.write('POST /api/v1/trigger HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n');
    sender.write('content-length: 1000\r\n\r\n{');
    await once(sender, 'connect');
    await fetch(`${url}/api/v1`);
    const ended = once(sender, 'close');
    await close();
    await ended;
  });
});

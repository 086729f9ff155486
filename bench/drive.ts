import { Agent, type IncomingMessage, request } from 'node:http';
import type { Sample } from './figures.ts';

const ITEM_TIMEOUT_MS = 60_000;

export interface Run {
  /** From the first trigger to the last decision. */
  readonly durationMs: number;
  /** Trigger to `Done`, of every item. */
  readonly latenciesMs: readonly number[];
  /** The newest items (at most a thousand), with what the station says of them. */
  readonly samples: readonly Sample[];
  /** Decisions and how often they came. */
  readonly decisions: Readonly<Record<string, number>>;
}

/** What became of one trigger. */
export interface Shot {
  readonly status: number;
  /** Trigger to answer. */
  readonly answerMs: number;
  /** Trigger to the first word of the decision, and to `Done`; null when the trigger was refused. */
  readonly item: Promise<{ readonly id: string; readonly verdictMs: number; readonly doneMs: number }> | null;
}

interface Finished {
  /** When its decision was first told. */
  readonly verdictAt: number;
  readonly at: number;
  readonly decision: string | null;
}

/** Triggers inspections over HTTP, and learns from the event stream when each of them is `Done`. */
export interface Driver {
  /** Triggers `count` inspections with at most `inFlight` of them open. */
  run(count: number, inFlight: number): Promise<Run>;
  /** Triggers one inspection, whatever is under way. */
  shoot(): Promise<Shot>;
  /** The JSON of an answer. */
  get(path: string): Promise<unknown>;
  close(): void;
}

export async function openDriver(port: number): Promise<Driver> {
  const agent = new Agent({ keepAlive: true });
  const call = async (method: string, path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request({ agent, host: '127.0.0.1', port, method, path }, resolve).on('error', reject).end();
    });

  const ask = async (method: string, path: string): Promise<{ readonly status: number; readonly body: unknown }> => {
    const answer = await call(method, path);
    let text = '';
    for await (const part of answer.setEncoding('utf8')) text += part;
    return { status: answer.statusCode ?? 0, body: JSON.parse(text) };
  };
  const callJson = async (method: string, path: string): Promise<unknown> => {
    const { status, body } = await ask(method, path);
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  };

  const finished = new Map<string, Finished>();
  const waiting = new Map<string, (item: Finished) => void>();
  const verdicts = new Map<string, number>();
  const events = await call('GET', '/api/v1/events');
  readEvents(events, ({ item_id: id, state, decision }) => {
    const now = performance.now();
    if (decision !== null && !verdicts.has(id)) verdicts.set(id, now);
    if (state !== 'Done') return;
    const item = { verdictAt: verdicts.get(id) ?? now, at: now, decision };
    verdicts.delete(id);
    const resolve = waiting.get(id);
    waiting.delete(id);
    if (resolve === undefined) finished.set(id, item);
    else resolve(item);
  });

  const whenFinished = async (id: string): Promise<Finished> => {
    const already = finished.get(id);
    if (already !== undefined) {
      finished.delete(id);
      return already;
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`item ${id} did not end`)), ITEM_TIMEOUT_MS);
      waiting.set(id, (item) => {
        clearTimeout(timer);
        resolve(item);
      });
    });
  };

  return {
    async run(count, inFlight) {
      const latencies = new Map<string, number>();
      const decisions: Record<string, number> = {};
      let left = count;
      const inspectInTurn = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const begin = performance.now();
          const { item_id } = (await callJson('POST', '/api/v1/trigger')) as { item_id: string };
          const { at, decision } = await whenFinished(item_id);
          latencies.set(item_id, at - begin);
          decisions[String(decision)] = (decisions[String(decision)] ?? 0) + 1;
        }
      };
      const begin = performance.now();
      await Promise.all(Array.from({ length: inFlight }, inspectInTurn));
      const durationMs = performance.now() - begin;

      // Read after the run, so that it costs the station nothing while it is measured.
      const items = (await callJson('GET', `/api/v1/items?limit=${Math.min(count, 1_000)}`)) as {
        readonly id: string;
        readonly timings_ms: Readonly<Record<string, number>>;
      }[];
      const samples = items.flatMap(({ id, timings_ms }) => {
        const latencyMs = latencies.get(id);
        return latencyMs === undefined ? [] : [{ latencyMs, timings: timings_ms }];
      });
      return { durationMs, latenciesMs: [...latencies.values()], samples, decisions };
    },
    async shoot() {
      const begin = performance.now();
      const { status, body } = await ask('POST', '/api/v1/trigger');
      const answerMs = performance.now() - begin;
      if (status !== 200) return { status, answerMs, item: null };
      const { item_id: id } = body as { item_id: string };
      const item = whenFinished(id).then(({ verdictAt, at }) => {
        return { id, verdictMs: verdictAt - begin, doneMs: at - begin };
      });
      return { status, answerMs, item };
    },
    get: (path) => callJson('GET', path),
    close() {
      events.destroy();
      agent.destroy();
    },
  };
}

interface ItemEvent {
  readonly item_id: string;
  readonly state: string;
  readonly decision: string | null;
}

/** Calls back for every event that tells a decision or an end. */
function readEvents(events: IncomingMessage, onEvent: (event: ItemEvent) => void): void {
  let rest = '';
  events.setEncoding('utf8').on('data', (part: string) => {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ') || !/"Done"|"Decision"/.test(line)) continue;
      onEvent(JSON.parse(line.slice('data: '.length)) as ItemEvent);
    }
  });
}

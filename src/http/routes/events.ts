import { z } from 'zod';
import type { NumberedEvent } from '../../application/event-log.ts';
import type { Orchestrator } from '../../station/orchestrator.ts';
import type { ApiServer } from '../api-server.ts';

/** What may wait for a slow listener before it is let go; it comes back with `Last-Event-ID` and misses nothing. */
const MAX_WAITING_BYTES = 1024 * 1024;

const EventStream = z.string().meta({
  examples: [
    'id: 5f1c-12\nevent: item\ndata: {"item_id":"03a7adc7-59d5-4190-8160-4a71fd07cac5","state":"Done","decision":"OK",' +
      '"station_config":"phone_line","at":"2024-04-02T11:22:12.345+02:00"}\n\n',
  ],
});

export function eventRoutes(api: ApiServer, { events }: Orchestrator, commentIntervalMs: number): void {
  const endings = new Set<() => void>();
  api.addHook('preClose', async () => {
    for (const end of endings) end();
  });

  api.get(
    '/events',
    {
      schema: {
        tags: ['station'],
        operationId: 'streamEvents',
        summary: 'What happens at the station, as it happens',
        description:
          'Server-sent events: `item` for every state of every item, `config` when another config becomes active. ' +
          'Sent again with `Last-Event-ID`, the request goes on where the last one ended (the last 1,000 are kept).',
        headers: z.object({ 'last-event-id': z.string().optional() }),
        response: { 200: { description: 'Never ends.', content: { 'text/event-stream': { schema: EventStream } } } },
      },
    },
    (request, reply) => {
      reply.headers({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      if (request.method === 'HEAD') return void reply.send('');
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, reply.getHeaders() as Record<string, string>);

      let gathered = '';
      const flush = (): void => {
        const text = gathered;
        gathered = '';
        if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
        else if (!response.writableEnded) response.write(text);
      };
      /** What comes in one turn of the event loop is one write. */
      const write = (text: string): void => {
        if (gathered === '') setImmediate(flush);
        gathered += text;
      };
      write(': connected\n\n');
      const unsubscribe = events.subscribe(
        (event) => write(frameOf(event)),
        request.headers['last-event-id'] || undefined,
      );
      const comments = setInterval(() => write(': still here\n\n'), commentIntervalMs);

      const end = (): void => {
        flush();
        response.end();
      };
      endings.add(end);
      // A connection that breaks reports it here; `close` follows and frees everything.
      response.on('error', () => {});
      response.on('close', () => {
        unsubscribe();
        clearInterval(comments);
        endings.delete(end);
      });
    },
  );
}

function frameOf({ id, event, data }: NumberedEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

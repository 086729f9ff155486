import { z } from 'zod';
import { DEAD_LETTER_PARTS } from '../../application/dead-letters.ts';
import { DESTINATIONS } from '../../domain/delivery.ts';
import { AppError } from '../../domain/errors.ts';
import { isPathId } from '../../domain/id.ts';
import type { Orchestrator } from '../../station/orchestrator.ts';
import type { ApiServer } from '../api-server.ts';
import { problems } from '../openapi.ts';

const Part = z.enum(DEAD_LETTER_PARTS);

const Ledger = z.object({
  closed: z.boolean().meta({ description: 'Whether the counts are equal and nothing is missing.' }),
  accepted: z.int().meta({ description: 'Triggers that were answered with an item.' }),
  decided: z.int(),
  stored: z.int().meta({ description: 'Decided items whose record and pictures are on the disk of the station.' }),
  deliveries: z.array(
    z.object({
      destination: z.enum(DESTINATIONS),
      delivered: z.int(),
      waiting: z.int(),
      set_aside: z.int(),
      not_due: z.int().meta({ description: 'Decided when the station did not deliver there, or given up.' }),
    }),
  ),
  uploads: z.int().meta({ description: 'Pictures that were kept and not inspected; in none of the counts.' }),
  removed: z.int().meta({ description: 'Items removed by retention; they stay in the counts.' }),
  missing_count: z.int(),
  missing: z
    .array(
      z.object({
        item_id: z.string(),
        what: z.enum(['decision', 'pictures', 'record', ...DESTINATIONS]),
        why: z.string(),
      }),
    )
    .meta({ description: 'The oldest first, at most 1,000.' }),
  unknown: z.array(z.string()).meta({ description: 'Stored items that the journal does not know, at most 1,000.' }),
});

const DeadLetter = z.object({
  item_id: z.string(),
  what: Part.meta({ description: 'The inspection itself, or where the item could not be delivered.' }),
  reason: z.string(),
  attempts: z.int(),
  since: z.string().meta({ description: 'ISO 8601' }),
});

const Parts = z.object({ parts: z.array(Part).meta({ description: 'What of the item this was about.' }) });
const ItemParams = z.object({ id: z.string() });
const PartQuery = z.strictObject({
  what: Part.optional().meta({ description: 'Only this; absent: all of the item.' }),
});
const REFUSALS = problems({ 404: 'Nothing of this item is set aside.', 422: 'A parameter is unknown.' });

const Reindex = z.object({
  running: z.boolean(),
  items: z.int().meta({ description: 'Stored items that were looked at so far.' }),
  unreadable: z.int(),
  failure: z.string().nullable(),
  finished_at: z.string().nullable(),
});

/** Whether nothing is lost: the ledger, what was set aside, and taking in what the journal does not know. */
export function bookRoutes(api: ApiServer, { ledger, deadLetters, reindex }: Orchestrator): void {
  /** No id from outside goes any further before it is known to be harmless. */
  const known = (id: string): string => {
    if (isPathId(id)) return id;
    throw new AppError('DEAD_LETTER_NOT_FOUND', `nothing of item ${JSON.stringify(id.slice(0, 100))} is set aside`);
  };

  api.get(
    '/ledger',
    {
      schema: {
        tags: ['books'],
        operationId: 'getLedger',
        summary: 'Whether every trigger was decided, stored and delivered',
        description: 'Looks up every item in the storages of the station: seconds for 100,000 items.',
        response: { 200: Ledger },
      },
    },
    async (_request, reply) => {
      // whoever asked may have gone before it is added up
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const found = await ledger(gone.signal);
      return {
        ...found,
        deliveries: [...found.deliveries],
        missing: [...found.missing],
        unknown: [...found.unknown],
      };
    },
  );

  api.get(
    '/dead-letters',
    {
      schema: {
        tags: ['books'],
        operationId: 'listDeadLetters',
        summary: 'What the station does not try again by itself',
        response: { 200: z.array(DeadLetter) },
      },
    },
    async () => [...(await deadLetters.list())],
  );

  api.post(
    '/dead-letters/:id/retry',
    {
      schema: {
        tags: ['books'],
        operationId: 'retryDeadLetter',
        summary: 'Try again what was set aside of an item',
        description: 'An inspection is done again with the stored pictures, and its verdict replaces the earlier one.',
        params: ItemParams,
        querystring: PartQuery,
        response: { 200: Parts, ...REFUSALS },
      },
    },
    async (request) => ({ parts: [...(await deadLetters.retry(known(request.params.id), request.query.what))] }),
  );

  api.delete(
    '/dead-letters/:id',
    {
      schema: {
        tags: ['books'],
        operationId: 'dropDeadLetter',
        summary: 'Give up what was set aside of an item',
        description: 'The item stays as it is; what could not be delivered is not delivered.',
        params: ItemParams,
        querystring: PartQuery,
        response: { 200: Parts, ...REFUSALS },
      },
    },
    async (request) => ({ parts: [...(await deadLetters.drop(known(request.params.id), request.query.what))] }),
  );

  api.post(
    '/reindex',
    {
      schema: {
        tags: ['books'],
        operationId: 'startReindex',
        summary: 'Take in what the storages hold and the journal does not',
        description: 'Goes on behind the answer, beside all other work.',
        response: { 202: Reindex, ...problems({ 409: 'It is being done already.' }) },
      },
    },
    async (_request, reply) => reply.code(202).send(reindex.start()),
  );

  api.get(
    '/reindex',
    {
      schema: {
        tags: ['books'],
        operationId: 'getReindex',
        summary: 'How far that is',
        response: { 200: Reindex },
      },
    },
    async () => reindex.state(),
  );
}

import { z } from 'zod';
import { DECISIONS } from '../../domain/decision.ts';
import { DELIVERY_STATES, DESTINATIONS } from '../../domain/delivery.ts';
import { AppError } from '../../domain/errors.ts';
import { isPathId } from '../../domain/id.ts';
import { ITEM_STATES, Item } from '../../domain/item.ts';
import type { Orchestrator } from '../../station/orchestrator.ts';
import { type ApiServer, JSON_TYPE } from '../api-server.ts';
import { momentOf } from '../moment.ts';
import { problems } from '../openapi.ts';

const MAX_LIMIT = 1000;

const Time = z.string().refine((text) => momentOf(text) !== undefined, {
  error: 'expected a time such as 2024-04-02, 2024-04-02T11:22:12 (local time of the station) or 2024-04-02T09:22:12Z',
});

const ListQuery = z.strictObject({
  limit: z
    .string()
    .refine((text) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LIMIT, {
      error: `expected a whole number from 1 to ${MAX_LIMIT}`,
    })
    .optional()
    .meta({ description: 'Most items of a page.', type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: 100 }),
  cursor: z.string().min(1).optional().meta({ description: 'Where the page before ended: from its `Link` header.' }),
  decision: z.enum(DECISIONS).optional(),
  state: z.enum(ITEM_STATES).optional(),
  station_config: z.string().optional().meta({ description: 'Name of the config the item was inspected under.' }),
  serial_number: z.string().optional(),
  from: Time.optional().meta({
    description: 'Received then or later: ISO 8601, without a zone the local time of the station.',
    examples: ['2024-04-02T11:22:12+02:00'],
  }),
  to: Time.optional().meta({
    description: 'Received then or earlier; a day, minute or second counts to its end.',
    examples: ['2024-04-02'],
  }),
});

const ItemDelivery = z.object({
  item_id: z.string(),
  on_station: z.boolean().meta({ description: 'False: it was removed here to make room, and is kept elsewhere.' }),
  deliveries: z
    .array(
      z.object({
        destination: z.enum(DESTINATIONS),
        state: z.enum(DELIVERY_STATES),
        attempts: z.int().meta({ description: 'Attempts that failed.' }),
        delivered_at: z.string().nullable().meta({ description: 'ISO 8601' }),
        error: z.string().nullable().meta({ description: 'Why the last attempt failed.' }),
      }),
    )
    .meta({ description: 'Empty while the item is not `Done`, and where the station delivers nowhere.' }),
});

const ItemParams = z.object({ id: z.string() });
const BinaryParams = z.object({ id: z.string(), camera_id: z.string() });
const NOT_FOUND = problems({ 404: 'There is no such item.' });

/** `cacheScope`: whether others than the asking client may keep pictures, which they may not where a key is asked. */
export function itemRoutes(api: ApiServer, { items }: Orchestrator, cacheScope: 'public' | 'private'): void {
  /** No id from outside goes any further before it is known to be harmless. */
  const itemOf = async (id: string): Promise<Item> => {
    const item = isPathId(id) ? await items.find(id) : undefined;
    if (item === undefined) throw noItem(id);
    return item;
  };

  api.get(
    '/items',
    {
      schema: {
        tags: ['items'],
        operationId: 'listItems',
        summary: 'Items, newest first',
        description: 'Where there are more, the header `Link: <…>; rel="next"` leads to the next page.',
        querystring: ListQuery,
        response: { 200: z.array(Item), ...problems({ 422: 'A parameter is unknown, or its value unreadable.' }) },
      },
    },
    async (request, reply) => {
      const { limit = '100', cursor, decision, state, station_config, serial_number, from, to } = request.query;
      const page = await items.list({
        limit: Number(limit),
        cursor,
        decision,
        state,
        stationConfig: station_config,
        serialNumber: serial_number,
        from: from === undefined ? undefined : momentOf(from)?.first,
        to: to === undefined ? undefined : momentOf(to)?.last,
      });
      if (page.next !== null) reply.header('link', `<${nextPage(request.url, page.next)}>; rel="next"`);
      return reply.send([...page.items]);
    },
  );

  api.get(
    '/items/:id',
    {
      schema: {
        tags: ['items'],
        operationId: 'getItem',
        summary: 'One item',
        params: ItemParams,
        response: { 200: Item, ...NOT_FOUND },
      },
    },
    async (request) => itemOf(request.params.id),
  );

  api.get(
    '/items/:id/state',
    {
      schema: {
        tags: ['items'],
        operationId: 'getItemState',
        summary: 'How far the item is',
        params: ItemParams,
        response: { 200: z.enum(ITEM_STATES), ...NOT_FOUND },
      },
    },
    async (request, reply) => {
      const { state } = await itemOf(request.params.id);
      return reply.type(JSON_TYPE).serializer(JSON.stringify).send(state);
    },
  );

  api.get(
    '/items/:id/delivery',
    {
      schema: {
        tags: ['items'],
        operationId: 'getItemDelivery',
        summary: 'Where the item has been delivered to',
        params: ItemParams,
        response: { 200: ItemDelivery, ...NOT_FOUND },
      },
    },
    async (request) => {
      const { id } = request.params;
      const found = isPathId(id) ? await items.delivery(id) : undefined;
      if (found === undefined) throw noItem(id);
      return { ...found, deliveries: [...found.deliveries] };
    },
  );

  api.get(
    '/items/:id/binaries',
    {
      schema: {
        tags: ['items'],
        operationId: 'listBinaries',
        summary: 'Names of the stored pictures',
        params: ItemParams,
        response: { 200: z.array(z.string()).meta({ examples: [['camera_id3.jpg']] }), ...NOT_FOUND },
      },
    },
    async (request) => (await itemOf(request.params.id)).binaries,
  );

  api.get(
    '/items/:id/binaries/:camera_id',
    {
      schema: {
        tags: ['items'],
        operationId: 'getBinary',
        summary: 'The picture of one camera, as captured',
        params: BinaryParams,
        response: {
          200: {
            description: 'The bytes under their real media type; they never change.',
            content: { 'image/*': { schema: z.custom<Uint8Array>().meta({ type: 'string', format: 'binary' }) } },
          },
          304: z.null().meta({ description: 'The client has them already (`If-None-Match`).' }),
          ...problems({ 404: 'There is no such item, or no picture of this camera.' }),
        },
      },
    },
    async (request, reply) => {
      const { id, camera_id: cameraId } = request.params;
      const found = isPathId(id) && isPathId(cameraId) ? await items.binary(id, cameraId) : undefined;
      if (found === undefined) {
        await itemOf(id);
        throw new AppError(
          'BINARY_NOT_FOUND',
          `item "${id}" has no picture of camera ${JSON.stringify(cameraId.slice(0, 100))}`,
        );
      }
      const etag = `"${id}/${found.name}"`;
      reply.headers({
        etag,
        'cache-control': `${cacheScope}, max-age=31536000, immutable`,
        'x-content-type-options': 'nosniff',
        // A picture may have come from anyone; as a page of its own it can do nothing.
        'content-security-policy': "default-src 'none'; sandbox",
      });
      if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send(null);
      return reply.type(found.mediaType).send(found.bytes);
    },
  );
}

function noItem(id: string): AppError {
  return new AppError('ITEM_NOT_FOUND', `no item ${JSON.stringify(id.slice(0, 100))}`);
}

/** The request's own address with the cursor of the next page. */
function nextPage(url: string, cursor: string): string {
  const [path = '', query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters}`;
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((known) => ['*', etag, `W/${etag}`].includes(known.trim()));
}

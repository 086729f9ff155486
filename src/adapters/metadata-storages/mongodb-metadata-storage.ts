import type { Collection } from 'mongodb';
import { z } from 'zod';
import { boundedRequest } from '../../buckets/bounded-request.ts';
import { AppError } from '../../domain/errors.ts';
import { loadSdk } from '../../environment/sdk.ts';
import { secretOf } from '../../environment/secret.ts';
import { defineMetadataStorage, type MetadataKey } from '../../ports/metadata-storage.ts';
import { clientOf, secretsOf } from './mongodb/address.ts';
import { isWorthASecondTry, mongoError } from './mongodb/failures.ts';
import { createIndexes } from './mongodb/indexes.ts';
import { documentOf, type ItemDocument, itemOfDocument } from './mongodb/item-document.ts';

/** Most bytes of a document, of every server. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Keys that one answer of the server brings while all are listed. */
const KEYS_AT_ONCE = 1_000;

/** The driver gives up a little before the call does, so that it can say why. */
const DRIVER_SHARE = 0.9;

/** Longest time that a server which does not answer may hold up closing, in milliseconds. */
const CLOSE_MS = 1_000;

/**
 * Keeps each item as a document of the collection `items` of the database `orchestratorDB`: the item, with `_id` and the
 * date `received` beside its keys. Rejects with `REFUSED` when no server would ever take the document. An item does not name
 * its station and its id is unique among all of them, so stations that share a collection see each other's items, also in
 * `iterate`. The product itself lists the storage on the disk of the station only.
 */
export const mongodbMetadataStorage = defineMetadataStorage({
  type: 'mongodb',
  remote: true,
  options: z
    .strictObject({
      pool_size: z
        .int()
        .min(1)
        .max(100)
        .default(4)
        .meta({ title: 'Connections', description: 'Most connections at a time, opened when they are needed.' }),
      timeout_ms: z
        .int()
        .min(1)
        .max(3_600_000)
        .default(10_000)
        .meta({ title: 'Timeout', description: 'Longest time that a call may take, in milliseconds.' }),
    })
    .meta({
      title: 'Documents in MongoDB',
      description:
        'The collection items of the database orchestratorDB. The environment says where, in MONGO_DB_URI or the file ' +
        'that MONGO_DB_URI_FILE names: mongodb://user:password@host:27017/?authSource=admin, with &tls=true for TLS.',
    }),
  async open({ pool_size, timeout_ms }, { env, log }) {
    const { MongoClient, BSON } = await loadSdk('mongodb', () => import('mongodb'));
    const address = (await secretOf(env, 'MONGO_DB_URI'))?.trim();
    const secrets = secretsOf(address);
    const closing = new AbortController();
    let opened: ReturnType<typeof connect> | undefined;

    function connect() {
      const { client, place } = clientOf(MongoClient, address, {
        appName: 'edge-orchestrator',
        maxPoolSize: pool_size,
        serverSelectionTimeoutMS: Math.ceil(timeout_ms * DRIVER_SHARE),
        waitQueueTimeoutMS: Math.ceil(timeout_ms * DRIVER_SHARE),
        connectTimeoutMS: timeout_ms,
        socketTimeoutMS: timeout_ms,
      });
      // The station forgets what was delivered, so it must survive a power cut there; an address that says otherwise wins.
      const writeConcern = client.options.writeConcern ?? { w: 'majority' as const, journal: true };
      const items = client.db('orchestratorDB').collection<ItemDocument>('items', { writeConcern });
      return { client, items, at: { place, secrets }, indexes: createIndexes(items, log) };
    }

    /** One call within its time, ended by its signal or by closing, and its error as one of ours. */
    async function call<Result>(
      what: string,
      signal: AbortSignal,
      run: (items: Collection<ItemDocument>, either: AbortSignal) => Promise<Result>,
    ): Promise<Result> {
      if (closing.signal.aborted) throw closing.signal.reason;
      opened ??= connect();
      const { items, at } = opened;
      const bounds = { what, host: at.place, timeoutMs: timeout_ms, signals: [signal, closing.signal] };
      return await boundedRequest(bounds, async (either) => {
        try {
          return await run(items, either);
        } catch (error) {
          throw mongoError(what, error, at);
        }
      });
    }

    function checkedSize(what: string, document: ItemDocument): void {
      const bytes = BSON.calculateObjectSize(document);
      if (bytes <= MOST_BYTES) return;
      throw new AppError('REFUSED', `${what}: it has ${bytes} bytes, and MongoDB takes at most ${MOST_BYTES}`);
    }

    return {
      capacity: null,
      async put(item, signal) {
        const what = `the record of item ${item.id} could not be written`;
        signal.throwIfAborted();
        const document = documentOf(item);
        checkedSize(what, document);
        await call(what, signal, async (items, either) => {
          const { _id } = document;
          const replace = () => items.replaceOne({ _id }, document, { upsert: true });
          await replace().catch((error: unknown) => {
            either.throwIfAborted();
            if (!isWorthASecondTry(error)) throw error;
            return replace();
          });
        });
        opened?.indexes.ensure();
      },
      async get({ config, itemId }, signal) {
        const document = await call(`the record of item ${itemId} could not be read`, signal, (items) =>
          items.findOne({ _id: itemId, station_config: config }),
        );
        return document === null ? undefined : itemOfDocument(document, itemId);
      },
      async delete({ config, itemId }, signal) {
        await call(`the record of item ${itemId} could not be deleted`, signal, (items) =>
          items.deleteOne({ _id: itemId, station_config: config }),
        );
      },
      async *iterate(signal) {
        const what = 'the records could not be listed';
        const cursor = await call(what, signal, async (items) =>
          items.find({}, { projection: { station_config: 1 }, batchSize: KEYS_AT_ONCE }),
        );
        try {
          while (await call(what, signal, () => cursor.hasNext())) yield* cursor.readBufferedDocuments().flatMap(keyOf);
        } finally {
          // Not waited for: a server that is away would hold up whoever stops reading.
          cursor.close().catch(() => undefined);
        }
      },
      async check(signal) {
        // No document: the server says all the same whether this user may write there now.
        await call('MongoDB could not be checked', signal, (items) =>
          items.updateOne({ _id: { $in: [] } }, { $set: { state: 'Done' } }),
        );
      },
      async close() {
        if (closing.signal.aborted) return;
        closing.abort(new AppError('STORAGE_FAILED', 'the metadata storage is closed'));
        if (opened === undefined) return;
        const { promise: late, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, CLOSE_MS);
        await Promise.race([opened.client.close().catch(() => undefined), late]);
        clearTimeout(timer);
      },
    };
  },
});

/** Documents that someone else put there may have no key of ours. */
function keyOf({ _id, station_config }: ItemDocument): readonly MetadataKey[] {
  return typeof _id === 'string' && typeof station_config === 'string' ? [{ config: station_config, itemId: _id }] : [];
}

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { inspect, promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { AppError } from '../../domain/errors.ts';
import type { Item } from '../../domain/item.ts';
import { rootless, temporaryFolder } from '../../ports/context.test-support.ts';
import { exampleItem, metadataStorageContract } from '../../ports/metadata-storage.contract.ts';
import type { MetadataStorage } from '../../ports/metadata-storage.ts';
import { listenInstead } from '../../testing/network.test-support.ts';
import { type MongoServer, startMongo, withoutMongo } from './mongo-server.test-support.ts';
import { mongodbMetadataStorage } from './mongodb-metadata-storage.ts';

const never = new AbortController().signal;
const OPTIONS = { pool_size: 4, timeout_ms: 10_000 };
const keyOf = (itemId: string) => ({ config: 'line', itemId });

/** A storage that is closed when the test ends. */
async function openAt(address: string | undefined, options: Partial<typeof OPTIONS> = {}): Promise<MetadataStorage> {
  const context = { ...rootless, env: { MONGO_DB_URI: address } };
  const storage = await mongodbMetadataStorage.open({ ...OPTIONS, ...options }, context);
  onTestFinished(() => storage.close());
  return storage;
}

/** What something was rejected with: an error of the product that shows no password, whoever looks into it. */
async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => expect.fail('it was not rejected'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'AppError' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/swordfish/);
  return error as AppError;
}

async function keysIn(storage: MetadataStorage): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { config, itemId } of storage.iterate(never)) keys.push(`${config}/${itemId}`);
  return keys.toSorted();
}

/** What each call of a storage is rejected with. */
function failuresOf(storage: MetadataStorage): Promise<readonly AppError[]> {
  const [put, get] = [storage.put(exampleItem('a'), never), storage.get(keyOf('a'), never)];
  const calls = [put, get, storage.delete(keyOf('a'), never), keysIn(storage), storage.check(never)];
  return Promise.all(calls.map(failureOf));
}

/** The address of something that listens and is no MongoDB server; it is gone when the test ends. */
async function somethingElse(onConnection: (socket: Socket) => void): Promise<string> {
  const { port } = await listenInstead(onConnection);
  return `mongodb://edge:swordfish-4711@127.0.0.1:${port}/orchestratorDB`;
}

describe.skipIf(withoutMongo !== '')(`mongodb metadata storage${withoutMongo}`, () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongo();
  });
  beforeEach(() => server.empty());
  afterAll(() => server.remove());

  const documents = () => server.items((items) => items.find().toArray());
  const indexes = () => server.items(async (items) => (await items.listIndexes().toArray()).map(({ key }) => key));

  metadataStorageContract(
    async () => {
      await server.empty();
      return openAt(server.address());
    },
    {
      async openHolding(keys) {
        await server.empty();
        await server.items((items) =>
          items.insertMany(keys.map(({ config, itemId }) => ({ _id: itemId, station_config: config }))),
        );
        return openAt(server.address());
      },
    },
  );

  it('lives elsewhere and keeps all items', async () => {
    expect(mongodbMetadataStorage.remote).toBe(true);
    expect((await openAt(server.address())).capacity).toBeNull();
  });

  it('writes the item as a document of its own, under its id, with the moment as a date', async () => {
    await (await openAt(server.address())).put(exampleItem('item-1'), never);
    const received = new Date('2026-04-02T09:22:12.250Z');
    expect(await documents()).toStrictEqual([{ _id: 'item-1', ...exampleItem('item-1'), received }]);
  });

  it('has one document of an item, the one that was written last', async () => {
    const [first, second] = [await openAt(server.address()), await openAt(server.address())];
    const decided = exampleItem('a', { decision: 'KO', timings_ms: {} });
    await first.put(exampleItem('a', { decision: null, warnings: ['early'] }), never);
    await second.put(decided, never);
    expect(await documents()).toMatchObject([decided]);
    expect(await first.get(keyOf('a'), never)).toEqual(decided);
  });

  it('has one document of an item that two stations write at the same moment', async () => {
    const storages = [await openAt(server.address()), await openAt(server.address())];
    const ids = Array.from({ length: 20 }, (_, index) => `item-${index}`);
    await Promise.all(storages.flatMap((storage) => ids.map((id) => storage.put(exampleItem(id), never))));
    expect(await keysIn(await openAt(server.address()))).toEqual(ids.map((id) => `line/${id}`).toSorted());
  });

  it.each(['部品 ü ✓', '$where', 'a.b', '..', '', '{"$gt":""}', 'a\0b', '_id', 'x'.repeat(900)])(
    'takes the id %j as a text',
    async (id) => {
      const storage = await openAt(server.address());
      await storage.put(exampleItem('beside'), never);
      await storage.put(exampleItem(id), never);
      expect(await storage.get(keyOf(id), never)).toEqual(exampleItem(id));
      await storage.delete(keyOf(id), never);
      expect(await keysIn(storage)).toEqual(['line/beside']);
    },
  );

  it('gives back keys that the server does not take, and texts and numbers of all kinds', async () => {
    const hostile = ['cam.1', '$set', '$', '.', '', '%2E', '_id', '_bsontype', 'a\0b', '$ref', '$id', 'カメラ.部品'];
    const values = [null, true, 0.1, 2 ** 53 - 1, -(2 ** 31) - 1, 1e308, 'a\0b', '𝄞 $ .', '', {}];
    const results = Object.fromEntries(hostile.map((key, index) => [key, values[index % values.length]]));
    const models = Object.fromEntries(hostile.map((key) => [key, { [key]: { values, ...results } }]));
    const item: Item = { ...exampleItem('a'), inferences: { 'cam.1': models, $cam: {} }, warnings: ['\u{1F600}\n'] };
    const storage = await openAt(server.address());
    await storage.put(item, never);
    expect(await storage.get(keyOf('a'), never)).toEqual(item);
  });

  it('lists nothing but items', async () => {
    await server.items((items) =>
      items.insertMany([
        { _id: 'something else' },
        { _id: 'a', station_config: 'line' },
        { _id: 'b', station_config: 7 },
      ]),
    );
    expect(await keysIn(await openAt(server.address()))).toEqual(['line/a']);
  });

  it('stops listing when it is told to', async () => {
    await server.items((items) =>
      items.insertMany(Array.from({ length: 2_500 }, (_, index) => ({ _id: `${index}`, station_config: 'line' }))),
    );
    const controller = new AbortController();
    const storage = await openAt(server.address());
    const listing = async (): Promise<void> => {
      for await (const _key of storage.iterate(controller.signal)) controller.abort();
    };
    expect(await failureOf(listing())).toMatchObject({ code: 'ABORTED' });
  });

  it('makes the indexes that people look for items with, whoever comes first', async () => {
    const storages = [await openAt(server.address()), await openAt(server.address())];
    await Promise.all(storages.map((storage, index) => storage.put(exampleItem(`item-${index}`), never)));
    await storages[0]?.put(exampleItem('item-2'), never);
    const received = -1;
    const wanted = [
      { received },
      { station_config: 1, received },
      { decision: 1, received },
      { serial_number: 1, received },
    ];
    await expect.poll(indexes, { timeout: 10_000 }).toEqual(expect.arrayContaining(wanted));
    const restarted = await openAt(server.address());
    await restarted.put(exampleItem('item-3'), never);
    expect(await indexes()).toHaveLength(5);
  });

  it('says which document is damaged', async () => {
    await server.items((items) => items.insertOne({ _id: 'a', station_config: 'line', id: 7 }));
    const error = await failureOf((await openAt(server.address())).get(keyOf('a'), never));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: 'the document of item a is not an item' });
  });

  it('refuses a record that is too large for good, and takes the next', async () => {
    const storage = await openAt(server.address());
    const error = await failureOf(storage.put(exampleItem('a', { warnings: ['x'.repeat(16 * 1024 * 1024)] }), never));
    expect(error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('takes at most 16777216') });
    await storage.put(exampleItem('b'), never);
    expect(await keysIn(storage)).toEqual(['line/b']);
  });

  it('fails while the server is away, and works once it is back', async () => {
    const storage = await openAt(server.address(), { timeout_ms: 1_000 });
    await storage.put(exampleItem('a'), never);
    await server.stop();
    for (const error of await failuresOf(storage)) {
      expect(error).toMatchObject({ code: 'STORAGE_FAILED' });
      expect(error.message).toContain(`MongoDB at 127.0.0.1:${server.port}`);
    }
    await server.start();
    await expect.poll(() => storage.check(never).then(() => 'back', String), { timeout: 30_000 }).toBe('back');
    await storage.put(exampleItem('b'), never);
    expect(await keysIn(storage)).toEqual(['line/a', 'line/b']);
  });

  it('waits no longer than its time for a server that falls silent, and works once that answers again', async () => {
    const storage = await openAt(server.address(), { timeout_ms: 1_000 });
    await storage.put(exampleItem('a'), never);
    server.fallSilent();
    onTestFinished(server.goOn);
    for (const error of await failuresOf(storage)) expect(error).toMatchObject({ code: 'STORAGE_FAILED', retry: true });
    server.goOn();
    await expect.poll(() => storage.check(never).then(() => 'back', String), { timeout: 30_000 }).toBe('back');
    await storage.put(exampleItem('b'), never);
    expect(await storage.get(keyOf('b'), never)).toEqual(exampleItem('b'));
  });

  it('lists the items of every station that writes into the collection', async () => {
    for (const edgeName of ['edge-1', 'edge-2']) {
      const context = { ...rootless, edgeName, env: { MONGO_DB_URI: server.address() } };
      const storage = await mongodbMetadataStorage.open(OPTIONS, context);
      onTestFinished(() => storage.close());
      await storage.put(exampleItem(`of-${edgeName}`), never);
    }
    expect(await keysIn(await openAt(server.address()))).toEqual(['line/of-edge-1', 'line/of-edge-2']);
  });

  it('says that the credentials are refused', async () => {
    for (const error of await failuresOf(await openAt(server.address('swordfish-wrong')))) {
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining('check MONGO_DB_URI') });
    }
    const nobody = await openAt(`mongodb://127.0.0.1:${server.port}`);
    expect((await failureOf(nobody.check(never))).message).toContain('refuses the credentials');
  });

  it('rejects what is under way when it is closed, and everything after', async () => {
    const storage = await openAt(server.address());
    const writing = Array.from({ length: 8 }, (_, index) => failureOf(storage.put(exampleItem(`${index}`), never)));
    await Promise.all([storage.close(), storage.close()]);
    for (const error of await Promise.all(writing)) expect(error.retry).toBe(true);
    for (const error of await failuresOf(storage)) {
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: 'the metadata storage is closed' });
    }
  });

  it('takes its address from a file that the environment names', async () => {
    const file = `${await temporaryFolder()}/address`;
    await writeFile(file, `${server.address()}\n`);
    const storage = await mongodbMetadataStorage.open(OPTIONS, { ...rootless, env: { MONGO_DB_URI_FILE: file } });
    onTestFinished(() => storage.close());
    await storage.put(exampleItem('a'), never);
    expect(await documents()).toHaveLength(1);
  });
});

describe('a mongodb metadata storage without its server', () => {
  it('opens without an address, and says what to set when it is asked something', async () => {
    for (const error of await failuresOf(await openAt(undefined))) {
      const message = 'the MongoDB server is not known: set MONGO_DB_URI';
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', message });
    }
  });

  it('opens with an address that is none, and tells nothing of it', async () => {
    for (const error of await failuresOf(await openAt('mongodb://edge:1/swordfish@db'))) {
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining('MONGO_DB_URI') });
    }
  });

  it('waits no longer than its time for a server that does not answer, nor for one that closing waits for', async () => {
    const storage = await openAt(await somethingElse(() => undefined), { timeout_ms: 300 });
    for (const error of await failuresOf(storage)) expect(error.code).toBe('STORAGE_FAILED');
    await storage.close();
  });

  it('gives up at once when it is told to, also when nobody answers', async () => {
    const storage = await openAt(await somethingElse(() => undefined));
    const controller = new AbortController();
    const checking = failureOf(storage.check(controller.signal));
    const closing = failureOf(storage.get(keyOf('a'), never));
    controller.abort();
    expect(await checking).toMatchObject({ code: 'ABORTED' });
    await storage.close();
    expect(await closing).toMatchObject({ code: 'ABORTED' });
  });

  it.each([
    ['another protocol', (socket: Socket) => void socket.write('220 mail.example ESMTP\r\n')],
    ['rubbish', (socket: Socket) => void socket.on('data', () => socket.write(Buffer.alloc(64, 0xff)))],
    ['nothing and goes', (socket: Socket) => void socket.destroy()],
  ])('fails at a server that speaks %s', async (_, speak) => {
    const storage = await openAt(await somethingElse(speak), { timeout_ms: 500 });
    for (const error of await failuresOf(storage)) expect(error.code).toBe('STORAGE_FAILED');
  });

  it('says what to install where its package is absent', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      registerHooks({
        resolve(name, context, next) {
          if (name === 'mongodb') throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
          return next(name, context);
        },
      });
      const { mongodbMetadataStorage } = await import(process.argv[1]);
      await mongodbMetadataStorage.open({}, { env: {} }).catch((error) => console.log(error.code, error.message));`;
    const file = new URL('./mongodb-metadata-storage.ts', import.meta.url).href;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, file]);
    expect(stdout).toMatch(/^CONFIG_INVALID the package mongodb is not installed: npm install mongodb/);
  });
});

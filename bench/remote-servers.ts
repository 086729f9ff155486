/** An S3 store and a PostgreSQL server in a process of their own, told over IPC to go away and come back. */
import { startPostgres } from '../src/adapters/telemetry-sinks/postgres-server.test-support.ts';
import { openS3Bucket, S3BucketOptions } from '../src/buckets/s3-bucket.ts';
import { startS3Server } from '../src/buckets/s3-server.test-support.ts';

export type RemoteCommand = 'goAway' | 'comeBack' | 'count' | 'close';

/** What a station needs to reach them. */
export interface RemotePlaces {
  readonly bucket: string;
  readonly endpoint: string;
  readonly postgres: string;
}

export interface RemoteCounts {
  readonly objects: number;
  readonly rows: number;
  readonly distinctRows: number;
}

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };

const [store, database] = await Promise.all([startS3Server(), startPostgres()]);
const bucketName = await store.createBucket();
const postgres = await database.newDatabase();
const bucket = await openS3Bucket(S3BucketOptions.parse({ bucket: bucketName, endpoint: store.endpoint }), {
  env: CREDENTIALS,
  edgeName: 'bench',
});

async function count(): Promise<RemoteCounts> {
  let objects = 0;
  for await (const _ of bucket.iterate('', new AbortController().signal)) objects += 1;
  const counted = 'SELECT count(*)::int AS rows, count(DISTINCT item_id)::int AS distinct FROM iothub.telemetry';
  const [row] = await database.rows(postgres, counted);
  return { objects, rows: Number(row?.rows), distinctRows: Number(row?.distinct) };
}

const commands: Readonly<Record<RemoteCommand, () => Promise<unknown>>> = {
  goAway: () => Promise.all([store.goAway(), database.stop()]),
  comeBack: () => Promise.all([store.comeBack(), database.start()]),
  count,
  async close() {
    await Promise.all([bucket.close(), store.close(), database.remove()]);
    setImmediate(() => process.exit());
  },
};

process.on('message', (command: RemoteCommand) => {
  void commands[command]().then((answer) => process.send?.({ answer: answer ?? null }));
});
process.send?.({ answer: { bucket: bucketName, endpoint: store.endpoint, postgres } satisfies RemotePlaces });

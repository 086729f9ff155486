import { startPostgres, withoutPostgres } from '../src/adapters/telemetry-sinks/postgres-server.test-support.ts';
import { openS3Bucket, S3BucketOptions } from '../src/buckets/s3-bucket.ts';
import { startS3Server } from '../src/buckets/s3-server.test-support.ts';
import type { RootFiles } from './edge-root.test-support.ts';

export { withoutPostgres };

/** An S3 store and a PostgreSQL server, as a station sees them. */
export interface RemoteServers {
  /** `edge.json` of a station that sends everything there, changed by `change`. */
  edge(change?: object): RootFiles;
  /** What the environment of the station holds. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the objects in the bucket. */
  objects(): Promise<readonly string[]>;
  object(name: string): Promise<Uint8Array | undefined>;
  /** What the telemetry table holds, in the order it was written. */
  rows(): Promise<readonly Record<string, unknown>[]>;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const EDGE_NAME = 'line-7';
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
const never = new AbortController().signal;

/** Starts both; a station of its own bucket and database may be tested beside others. */
export async function startRemoteServers(): Promise<RemoteServers> {
  const [store, database] = await Promise.all([startS3Server(), startPostgres()]);
  const bucketName = await store.createBucket();
  const address = await database.newDatabase();
  const options = { bucket: bucketName, endpoint: store.endpoint };
  const bucket = await openS3Bucket(S3BucketOptions.parse(options), { env: CREDENTIALS, edgeName: EDGE_NAME });
  return {
    edge: (change = {}) => ({
      'config/edge.json': {
        binary_storage: { type: 's3_bucket', ...options },
        metadata_storage: { type: 's3_bucket', ...options },
        telemetry_sink: { type: 'postgresql' },
        model_forward: { type: 'fake' },
        delivery: { max_per_second: 10_000, max_pause_s: 1 },
        active_config: 'line',
        ...change,
      },
    }),
    env: { ...CREDENTIALS, EDGE_NAME, POSTGRES_DB_URI: address },
    async objects() {
      const names: string[] = [];
      for await (const { name } of bucket.iterate('', never)) names.push(name);
      return names.toSorted();
    },
    object: (name) => bucket.get(name, never),
    rows: () =>
      database
        .rows(
          address,
          'SELECT item_id, device_id, business_decision, config, timestamp FROM iothub.telemetry ORDER BY ctid',
        )
        .catch(() => []),
    async goAway() {
      await Promise.all([store.goAway(), database.stop()]);
    },
    async comeBack() {
      await Promise.all([store.comeBack(), database.start()]);
    },
    async close() {
      await bucket.close();
      await Promise.all([store.close(), database.remove()]);
    },
  };
}

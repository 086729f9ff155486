import { createHmac } from 'node:crypto';
import { readTextFile } from '../../../disk/text-file.ts';
import { AppError } from '../../../domain/errors.ts';
import { secretOf } from '../../../environment/secret.ts';
import { openWorkloadApi } from './workload-api.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Who this station is to a hub, and how it proves that. */
export interface ModuleIdentity {
  /** The IoT hub in the cloud, which addresses and tokens name. */
  readonly hub: string;
  /** The host to connect to: the IoT Edge device. */
  readonly gateway: string;
  readonly device: string;
  readonly module: string;
  /** The authorities that the hub's certificate must come from (PEM); undefined: those every machine knows. */
  authorities(signal: AbortSignal): Promise<string | undefined>;
  /** The HMAC-SHA256 of a text with the module's key, in base64. */
  sign(text: string, signal: AbortSignal): Promise<string>;
}

/**
 * The identity that the environment gives: `EdgeHubConnectionString`, else the variables that the IoT Edge runtime sets
 * for each of its modules. Rejects with `TELEMETRY_FAILED` and what is missing; a message never shows a key.
 */
export async function moduleIdentityOf(env: Environment): Promise<ModuleIdentity> {
  const connectionString = await secretOf(env, 'EdgeHubConnectionString');
  if (connectionString !== undefined) return fromConnectionString(connectionString, env.EdgeModuleCACertificateFile);
  if (env.IOTEDGE_WORKLOADURI !== undefined) return fromRuntime(env, env.IOTEDGE_WORKLOADURI);
  throw new AppError(
    'TELEMETRY_FAILED',
    'the IoT Edge hub is not known: run as a module of IoT Edge, or set EdgeHubConnectionString',
  );
}

function fromConnectionString(text: string, authorityFile: string | undefined): ModuleIdentity {
  const parts = new Map(
    text.split(';').map((part): [string, string] => {
      // A key in base64 may end with "=".
      const [name = '', ...value] = part.split('=');
      return [name.trim(), value.join('=').trim()];
    }),
  );
  const given = (name: string) => required(parts.get(name), `EdgeHubConnectionString has no ${name}`);
  const level = (name: string) => topicLevel(given(name), `${name} of EdgeHubConnectionString`);
  const hub = given('HostName');
  const key = Buffer.from(given('SharedAccessKey'), 'base64');
  return {
    hub,
    gateway: parts.get('GatewayHostName') || hub,
    device: level('DeviceId'),
    module: level('ModuleId'),
    async authorities() {
      if (authorityFile === undefined) return undefined;
      // Read each time: the runtime replaces it when it renews its certificates.
      const { text: pem, problem } = await readTextFile(authorityFile);
      if (problem === null) return pem;
      throw new AppError('TELEMETRY_FAILED', `the file that EdgeModuleCACertificateFile names ${problem}`);
    },
    async sign(content) {
      return createHmac('sha256', key).update(content).digest('base64');
    },
  };
}

function fromRuntime(env: Environment, workloadUri: string): ModuleIdentity {
  const given = (name: string) => required(env[name], `${name} is not set`);
  const level = (name: string) => topicLevel(given(name), name);
  const module = level('IOTEDGE_MODULEID');
  const workload = openWorkloadApi({
    uri: workloadUri,
    apiVersion: env.IOTEDGE_APIVERSION ?? '2018-06-28',
    module,
    generation: given('IOTEDGE_MODULEGENERATIONID'),
  });
  return {
    hub: given('IOTEDGE_IOTHUBHOSTNAME'),
    gateway: given('IOTEDGE_GATEWAYHOSTNAME'),
    device: level('IOTEDGE_DEVICEID'),
    module,
    authorities: workload.trustBundle,
    sign: workload.sign,
  };
}

function required(value: string | undefined, otherwise: string): string {
  if (value !== undefined && value !== '') return value;
  throw new AppError('TELEMETRY_FAILED', `the IoT Edge hub is not known: ${otherwise}`);
}

/** An id that is one level of the topic that messages go to: these characters would make another topic of it, or none. */
function topicLevel(id: string, name: string): string {
  if (!/[+#/\0]/.test(id)) return id;
  throw new AppError('TELEMETRY_FAILED', `${name} cannot be used: an id with "+", "#" or "/" has no topic in MQTT`);
}

import { z } from 'zod';

/** Set but empty counts as unset: that is how compose files and unit files say "none". */
const Text = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value.trim() === '' ? null : value.trim()));

const Environment = z.object({
  EDGE_ROOT: Text,
  EDGE_API_KEY: Text,
  ACTIVE_CONFIG_NAME: Text,
  SERVING_MODEL_URL: Text,
  EDGE_NAME: Text,
});

/** What the environment says. Null: not set. */
export interface Settings {
  /** Folder of the edge root; `--root` wins over it. */
  readonly edgeRoot: string | null;
  /** Key that callers must send when the station listens beyond this machine. */
  readonly apiKey: string | null;
  /** The config made active at start. */
  readonly activeConfigName: string | null;
  /** Address of the model server, wins over `model_forward.url`. */
  readonly servingModelUrl: string | null;
  /** What this station is called where several report to one place. */
  readonly edgeName: string | null;
  /** Everything else by name, for `"${NAME}"` in configs and for the secrets of adapters; never logged. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The only place that reads the process environment. */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const parsed = Environment.parse(env);
  return {
    edgeRoot: parsed.EDGE_ROOT,
    apiKey: parsed.EDGE_API_KEY,
    activeConfigName: parsed.ACTIVE_CONFIG_NAME,
    servingModelUrl: parsed.SERVING_MODEL_URL,
    edgeName: parsed.EDGE_NAME,
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== '')),
  };
}

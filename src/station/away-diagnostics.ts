import { withDeadline } from '../application/deadline.ts';
import type { Diagnostic } from '../domain/diagnostic.ts';
import { messageOf } from '../domain/errors.ts';
import type { ModelForward } from '../ports/model-forward.ts';
import { parseConfigFile } from './config-file.ts';
import type { Delivery } from './delivery.ts';
import { edgeDocument } from './edge-config.ts';
import { CHECK_TIMEOUT_MS } from './station-health.ts';

export interface AwayParts {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly delivery: Pick<Delivery, 'status'>;
  readonly modelForward: Pick<ModelForward, 'check'>;
  /** Aborted when the station ends. */
  readonly signal: AbortSignal;
}

/** What is away at this moment, or refuses what it is sent: warnings at the places of `edge.json` that name it. Never rejects. */
export async function awayDiagnostics({ root, env, delivery, modelForward, signal }: AwayParts): Promise<Diagnostic[]> {
  const file = parseConfigFile(await edgeDocument(root), env);
  for (const { destination, failure } of await delivery.status().catch(() => [])) {
    if (failure !== null)
      file.warning([destination], file.redacted(`${failure}; inspections go on, and it is tried again`));
  }
  await withDeadline(CHECK_TIMEOUT_MS, 'the check', signal, modelForward.check).catch((error: unknown) =>
    file.warning(['model_forward'], file.redacted(`${messageOf(error)}; items that need its models fail`)),
  );
  return file.diagnostics.filter(({ severity }) => severity === 'warning');
}

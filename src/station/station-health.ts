import { withDeadline } from '../application/deadline.ts';
import type { Inspections } from '../application/inspections.ts';
import type { ItemRecords } from '../application/item-records.ts';
import { messageOf } from '../domain/errors.ts';
import { ACTIVE_CONFIG_FACT, type Activation } from './activation.ts';
import type { OpenPorts } from './open-ports.ts';
import type { Health } from './orchestrator.ts';
import type { StationHolder } from './station-holder.ts';

export interface HealthParts {
  readonly holder: StationHolder;
  readonly activation: Activation;
  readonly ports: OpenPorts;
  readonly records: ItemRecords;
  readonly inspections: Inspections;
  /** Aborted when the station ends. */
  readonly signal: AbortSignal;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Looks at everything an inspection needs, each for two seconds at most, without inspecting anything. */
export async function stationHealth(parts: HealthParts): Promise<Health> {
  const { holder, activation, ports, records, inspections, signal } = parts;
  const { binaryStorage, metadataStorage, journal, modelForward } = ports;
  const reasons: string[] = [];
  const check = async (what: string, run: (limit: AbortSignal) => Promise<void>): Promise<void> => {
    await withDeadline(CHECK_TIMEOUT_MS, 'the check', signal, run).catch((error: unknown) => {
      reasons.push(`${what}: ${messageOf(error)}`);
    });
  };
  const active = holder.active();
  if (signal.aborted) reasons.push('the station is shutting down');
  if (active === null) reasons.push(activation.failure() ?? 'no config is active');
  await Promise.all([
    check('binary storage', (limit) => binaryStorage.check(limit)),
    check('metadata storage', (limit) => metadataStorage.check(limit)),
    check('journal', async () => {
      await journal.recall(ACTIVE_CONFIG_FACT);
    }),
    check('model forward', (limit) => modelForward.check(limit)),
    check('cameras', async (limit) => {
      reasons.push(...((await active?.unreachableCameras(limit)) ?? []));
    }),
  ]);
  const unsaved = records.unsavedCount();
  if (unsaved > 0) reasons.push(`${unsaved} decided items could not be saved yet`);
  const failure = inspections.telemetryFailure();
  return { reasons, warnings: failure === null ? [] : [`telemetry: ${failure}`] };
}

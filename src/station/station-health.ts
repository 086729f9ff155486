import { withDeadline } from '../application/deadline.ts';
import type { Inspections } from '../application/inspections.ts';
import type { ItemRecords } from '../application/item-records.ts';
import type { Resumption } from '../application/resumption.ts';
import type { Retention } from '../application/retention.ts';
import type { DiskRoom } from '../disk/disk-room.ts';
import { messageOf } from '../domain/errors.ts';
import { ACTIVE_CONFIG_FACT, type Activation } from './activation.ts';
import type { Delivery, DeliveryStatus } from './delivery.ts';
import type { OpenPorts } from './open-ports.ts';
import type { Health, StationStatus } from './orchestrator.ts';
import type { StationHolder } from './station-holder.ts';

export interface HealthParts {
  readonly holder: StationHolder;
  readonly activation: Activation;
  readonly ports: OpenPorts;
  readonly records: ItemRecords;
  readonly inspections: Inspections;
  readonly delivery: Delivery;
  readonly resumption: Resumption;
  readonly retention: Retention;
  readonly diskRoom: DiskRoom;
  /** Aborted when the station ends. */
  readonly signal: AbortSignal;
}

/** How long a look at one thing that the station depends on may take. */
export const CHECK_TIMEOUT_MS = 2_000;
/** A disk that will be full by tomorrow is worth a word today. */
const WARN_HOURS = 24;

/** Looks at everything an inspection needs, each for two seconds at most, without inspecting anything. */
export async function stationHealth(parts: HealthParts): Promise<Health> {
  const { holder, activation, ports, records, diskRoom, signal } = parts;
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
    diskRoom.refresh(),
  ]);
  const refusal = diskRoom.refusal(0);
  if (refusal !== null) reasons.push(refusal);
  const unsaved = records.unsavedCount();
  if (unsaved > 0) reasons.push(`${items(unsaved, 'was decided and', 'were decided and')} could not be saved yet`);
  return { reasons, warnings: await warningsOf(parts) };
}

/** The same with every figure there is. */
export async function stationStatus(parts: HealthParts): Promise<StationStatus> {
  const { ports, inspections, delivery, resumption, retention, diskRoom } = parts;
  const health = await stationHealth(parts);
  const letters = await ports.journal.recoveries.deadLetters().catch(() => []);
  const free = diskRoom.freeBytes();
  const { usedBytes, bytesPerHour, hoursUntilFull } = retention.forecast(free);
  return {
    ...health,
    deliveries: await delivery.status(),
    storage: {
      free_bytes: free,
      used_bytes: usedBytes,
      bytes_per_hour: bytesPerHour,
      hours_until_full: hoursUntilFull,
    },
    counts: inspections.counts(),
    dead_letters: letters.length,
    recovering: resumption.waiting(),
  };
}

/** What an operator should look at, although every part is inspected. */
async function warningsOf({
  holder,
  delivery,
  resumption,
  retention,
  diskRoom,
  ports,
}: HealthParts): Promise<string[]> {
  const warnings: string[] = [...(holder.active()?.cameraWarnings() ?? [])];
  for (const status of await delivery.status().catch(() => [])) warnings.push(...undelivered(status));
  const letters = await ports.journal.recoveries.deadLetters().catch(() => []);
  const setAside = letters.filter(({ destination }) => destination === null).length;
  if (setAside > 0) warnings.push(`${items(setAside, 'is', 'are')} set aside: see the dead letters`);
  const recovering = resumption.waiting();
  if (recovering > 0)
    warnings.push(`${items(recovering, 'of an earlier run is', 'of an earlier run are')} still to be finished`);
  const { hoursUntilFull } = retention.forecast(diskRoom.freeBytes());
  if (hoursUntilFull !== null && hoursUntilFull < WARN_HOURS) {
    warnings.push(`at this rate the disk is full in ${hoursUntilFull} hours`);
  }
  return warnings;
}

function undelivered({ destination, type, waiting, oldest_at, set_aside, failure }: DeliveryStatus): string[] {
  const warnings: string[] = [];
  if (failure !== null) {
    const backlog =
      waiting === 0 ? 'nothing waits' : `${items(waiting, 'waits', 'wait')}, the oldest since ${oldest_at}`;
    warnings.push(`${destination} (${type}): ${failure}; ${backlog}`);
  }
  if (set_aside > 0)
    warnings.push(`${destination} (${type}): ${items(set_aside, 'is', 'are')} set aside: see the dead letters`);
  return warnings;
}

/** `1 item waits`, `2 items wait`. */
function items(count: number, one: string, many: string): string {
  return count === 1 ? `1 item ${one}` : `${count} items ${many}`;
}

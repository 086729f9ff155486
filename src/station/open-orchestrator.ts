import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createDeadLetters } from '../application/dead-letters.ts';
import { createEventLog } from '../application/event-log.ts';
import { createInspections, type Inspections } from '../application/inspections.ts';
import { createItemRecords } from '../application/item-records.ts';
import { ledgerOf } from '../application/ledger.ts';
import { fillJournal, sortLeftovers } from '../application/recovery.ts';
import { createResumption } from '../application/resumption.ts';
import { createTurns } from '../application/turns.ts';
import { createUnsavedPictures } from '../application/unsaved-pictures.ts';
import { createDiskRoom, type DiskRoom } from '../disk/disk-room.ts';
import { lockRoot } from '../disk/lock-file.ts';
import { openRunningItems, type RunningItems, readRunningItems } from '../disk/running-items.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Log } from '../ports/context.ts';
import type { Journal } from '../ports/journal.ts';
import type { Settings } from '../settings.ts';
import { identifyImage } from '../vision/identify-image.ts';
import { ACTIVE_CONFIG_FACT, createActivation } from './activation.ts';
import { adapterContext } from './adapter-context.ts';
import { awayDiagnostics } from './away-diagnostics.ts';
import { type CameraDevices, createCameraDevices } from './camera-devices.ts';
import { keepConfig } from './config-archive.ts';
import { createDelivery } from './delivery.ts';
import type { EdgeConfig } from './edge-config.ts';
import { createItemReader } from './item-reader.ts';
import { createLiveReindex } from './live-reindex.ts';
import { type OpenPorts, openPorts } from './open-ports.ts';
import { openRetention } from './open-retention.ts';
import { type OpenStation, openStation } from './open-station.ts';
import { type OpenedThings, openedThings } from './open-storages.ts';
import type { Orchestrator, TriggerRequest } from './orchestrator.ts';
import { createPastStations } from './past-stations.ts';
import { openRootConfigs, type RootConfigs, requireSoundRoot } from './root-configs.ts';
import { lockFile, runningItemsFile, storageFolder } from './root-files.ts';
import { ADDRESS_FACT } from './running-station.ts';
import { stationHealth, stationStatus } from './station-health.ts';
import { createStationHolder, type StationHolder } from './station-holder.ts';
import type { StationPlan } from './station-plan.ts';

export interface OrchestratorOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly log: Log;
  /** Config to make active instead of the one the settings, the last run or `edge.json` name. */
  readonly config?: string | undefined;
  /** A station that serves remembers its active config for the next start; a single inspection leaves that alone. */
  readonly isServing: boolean;
  /** A last look at `edge.json` before anything is opened; what it throws is what opening rejects with. */
  readonly beforeOpening?: (edge: EdgeConfig) => void;
}

const WRITE_TIMEOUT_MS = 30_000;
/** Pictures in memory that wait for the disk, from which on triggers are refused. */
const MAX_UNSAVED_BYTES = 512 * 1024 * 1024;

export interface OpenedOrchestrator {
  readonly orchestrator: Orchestrator;
  readonly edge: EdgeConfig;
}

/**
 * Opens the station of an edge root: lock, storages, journal, models, and the config to start with. Rejects with
 * `ROOT_INVALID`, all diagnostics in its details, when `edge.json` or the inventory is broken, and with `ROOT_LOCKED`.
 */
export async function openOrchestrator(options: OrchestratorOptions): Promise<OpenedOrchestrator> {
  const { root, settings, log } = options;
  const configs = await openRootConfigs(options);
  const edge = await requireSoundRoot(configs);
  options.beforeOpening?.(edge);
  const context = adapterContext(root, settings, log, configs.kinds);
  const opened = openedThings(context);
  try {
    const unlock = lockRoot(lockFile(root));
    opened.keep({ close: async () => unlock() });
    const ports = opened.keep(await openPorts(edge, context));
    return { orchestrator: await assemble(options, edge, configs, ports, opened), edge };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function assemble(
  { root, settings, log, config, isServing }: OrchestratorOptions,
  edge: EdgeConfig,
  configs: RootConfigs,
  ports: OpenPorts,
  opened: OpenedThings,
): Promise<Orchestrator> {
  const ending = new AbortController();
  const { signal } = ending;
  // everything that is under way listens to it
  setMaxListeners(0, signal);
  const context = adapterContext(root, settings, log, configs.kinds);
  const { journal } = ports;
  const events = createEventLog(randomUUID().slice(0, 8));
  const holder = createStationHolder();
  const diskRoom = ports.isOnDisk ? createDiskRoom(storageFolder(root)) : boundlessRoom;
  const delivery = opened.keep(createDelivery(ports, edge, (until) => inspections.quiet(until), log));
  const wereRunning = readRunningItems(runningItemsFile(root));
  let runningItems: RunningItems | null = null;
  const retention = opened.keep(await openRetention(ports, edge, diskRoom, log));
  const records = createItemRecords({
    ...ports,
    events,
    log,
    writeTimeoutMs: WRITE_TIMEOUT_MS,
    onFinished(item) {
      delivery.wake();
      retention.added(item.stored_bytes);
    },
  });
  const inspections = createInspections({
    ...ports,
    records,
    identifyImage,
    writeTimeoutMs: WRITE_TIMEOUT_MS,
    unsavedPictures: createUnsavedPictures(MAX_UNSAVED_BYTES),
    inFlight: createTurns(edge.server.max_in_flight),
    running: (itemId) => runningItems?.enter(itemId) ?? (() => undefined),
    capacity: edge.server.max_in_flight + edge.server.max_waiting,
    diskRoom,
    whenFull: () => void retention.sweep(),
    newId: randomUUID,
    log,
    signal,
  });
  const inspectModel = ports.modelForward.inspect;
  const cameras = createCameraDevices(context);
  const open = (plan: StationPlan, devices: CameraDevices): Promise<OpenStation> =>
    openStation(
      plan,
      { modelForward: ports.modelForward, devices, kinds: configs.kinds, deadline: edge.deadline ?? null },
      signal,
    );
  const activation = createActivation({
    holder,
    log,
    readConfig: (name) => configs.readConfig(name, inspectModel),
    open: (plan) => open(plan, cameras),
    activated: async (plan) => {
      events.publish({ event: 'config', data: { active: plan.name } });
      await keepTraces(root, plan, isServing ? journal : null, log);
    },
  });
  const pastStations = createPastStations({
    root,
    holder,
    readKept: (name, file, text) => configs.configOf({ name, file, text }, inspectModel),
    open,
  });
  const { recoveries } = journal;
  const resumption = createResumption({
    inspections,
    records,
    recoveries,
    stationOf: pastStations.hold,
    whenIdle: pastStations.close,
    log,
  });

  if (ports.isJournalEmpty) await fillJournal(ports, { log, signal });
  const leftovers = await sortLeftovers(ports, records, {
    ...{ recapture: edge.recovery.recapture, wereRunning, log, signal },
  });
  // not before: the record of the process before this one is on disk elsewhere only now
  if (ports.isDurable) runningItems = recordOfRunningItems(root, edge, opened, log);
  const remembered = await journal.recall(ACTIVE_CONFIG_FACT);
  const first = config ?? settings.activeConfigName ?? remembered ?? edge.active_config;
  if (first !== undefined) await activation.start(first);
  // beside the new items, and only where there will be time for it
  if (isServing) resumption.add(leftovers);
  delivery.start();

  const health = { holder, activation, ports, records, inspections, delivery, resumption, retention, diskRoom, signal };
  const drain = async (): Promise<void> => {
    // what is in line behind the items under way is for the next start
    await Promise.all([resumption.close(), inspections.drain()]);
  };
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    try {
      await drain();
      await records.close();
      ending.abort();
      await Promise.all([pastStations.close(), holder.close()]);
    } finally {
      await opened.close();
    }
  };
  return {
    items: createItemReader(records, ports, signal),
    trigger: (request) => trigger(request, holder, inspections),
    upload: async (picture) => await inspections.keep(holder.hold(), picture),
    async finished(itemId) {
      const item = (await inspections.finished(itemId)) ?? (await records.find(itemId));
      if (item === undefined) throw new AppError('ITEM_NOT_FOUND', `there is no item "${itemId}"`);
      return item;
    },
    configs: {
      async all() {
        const { configs: states } = await configs.read(inspectModel);
        return Object.fromEntries(states.filter(({ plan }) => plan !== null).map(({ name, raw }) => [name, raw]));
      },
      async diagnostics() {
        const [files, away] = await Promise.all([
          configs.read(inspectModel),
          awayDiagnostics({ root, env: settings.env, delivery, modelForward: ports.modelForward, signal }),
        ]);
        return [...files.diagnostics, ...away];
      },
      active: () => holder.active()?.raw ?? null,
      activate: activation.activate,
    },
    inventory: () => inventoryAsWritten(configs),
    events,
    drain,
    health: () => stationHealth(health),
    status: () => stationStatus(health),
    ledger: (limit = signal) => ledgerOf({ ...ports, stored: journal.stored }, AbortSignal.any([limit, signal])),
    deadLetters: createDeadLetters({
      journal,
      inspectAgain: (item) => resumption.add([item]),
      deliverAgain: delivery.wake,
    }),
    reindex: createLiveReindex(ports, { log, signal }),
    announce: (address) => journal.remember(ADDRESS_FACT, address),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Items in memory take no room on a disk. */
const boundlessRoom: DiskRoom = { async refresh() {}, freeBytes: () => null, refusal: () => null, spend() {} };

/** Null where it cannot be written: a station inspects without it too. */
function recordOfRunningItems(root: string, edge: EdgeConfig, opened: OpenedThings, log: Log): RunningItems | null {
  try {
    const items = openRunningItems(runningItemsFile(root), edge.server.max_in_flight);
    opened.keep({ close: async () => items.close() });
    return items;
  } catch (error) {
    log.warn({ reason: messageOf(error) }, 'an item that ends the process will not be known');
    return null;
  }
}

async function trigger(
  { images, ...part }: TriggerRequest,
  holder: StationHolder,
  inspections: Inspections,
): Promise<string> {
  const held = holder.hold();
  const cameraIds = held.station.cameras.map(({ id }) => id);
  const given = new Map<string, Uint8Array>();
  for (const [name, bytes] of Object.entries(images)) {
    const cameraId = name === 'image' ? cameraIds[0] : name;
    if (cameraId === undefined || !cameraIds.includes(cameraId) || given.has(cameraId)) {
      held.release();
      throw unknownPart(name, cameraId, cameraIds);
    }
    given.set(cameraId, bytes);
  }
  return await inspections.begin(held, part, given);
}

function unknownPart(name: string, cameraId: string | undefined, cameraIds: readonly string[]): AppError {
  const isTwice = cameraId !== undefined && cameraIds.includes(cameraId);
  const known = ['image', ...cameraIds].map((id) => `"${id}"`).join(', ');
  const sentence = isTwice
    ? `"image" stands for camera "${cameraId}" of the active config: send one picture for it`
    : `"${name}" is no camera of the active config; a picture may come as ${known}`;
  return new AppError('REQUEST_INVALID', sentence);
}

async function inventoryAsWritten(configs: RootConfigs): Promise<unknown> {
  const { raw, content, file } = await configs.readInventory();
  if (content !== null) return raw;
  throw new AppError('CONFIG_INVALID', `${file} has errors since the station started: see /configs/diagnostics`);
}

/** Keeps the config for the items that name its digest and, with a journal, its name for the next start. */
async function keepTraces(root: string, plan: StationPlan, journal: Journal | null, log: Log): Promise<void> {
  const kept = [keepConfig(root, plan), journal?.remember(ACTIVE_CONFIG_FACT, plan.name)];
  for (const outcome of await Promise.allSettled(kept)) {
    if (outcome.status === 'rejected') {
      log.error({ config: plan.name, reason: messageOf(outcome.reason) }, 'the active config could not be kept');
    }
  }
}

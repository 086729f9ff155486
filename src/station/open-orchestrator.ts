import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { withDeadline } from '../application/deadline.ts';
import { createEventLog } from '../application/event-log.ts';
import { createInspections, type Inspections } from '../application/inspections.ts';
import { createItemRecords, type ItemRecords } from '../application/item-records.ts';
import { closeLeftovers, fillJournal } from '../application/recovery.ts';
import { createTurns } from '../application/turns.ts';
import { createUnsavedPictures } from '../application/unsaved-pictures.ts';
import { lockRoot } from '../disk/lock-file.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import { mediaTypeOfName } from '../domain/image.ts';
import type { Log } from '../ports/context.ts';
import type { Journal } from '../ports/journal.ts';
import type { Settings } from '../settings.ts';
import { identifyImage } from '../vision/identify-image.ts';
import { ACTIVE_CONFIG_FACT, createActivation } from './activation.ts';
import { adapterContext } from './adapter-context.ts';
import { createCameraDevices } from './camera-devices.ts';
import { keepConfig } from './config-archive.ts';
import type { EdgeConfig } from './edge-config.ts';
import { type OpenPorts, openPorts } from './open-ports.ts';
import { openStation } from './open-station.ts';
import type { Orchestrator, StoredImage, TriggerRequest } from './orchestrator.ts';
import { openRootConfigs, type RootConfigs, requireSoundRoot } from './root-configs.ts';
import { lockFile } from './root-files.ts';
import { stationHealth } from './station-health.ts';
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
const TELEMETRY_TIMEOUT_MS = 10_000;
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
  const unlock = lockRoot(lockFile(root));
  let ports: OpenPorts | undefined;
  try {
    ports = await openPorts(edge, adapterContext(root, settings, log));
    return { orchestrator: await assemble(options, edge, configs, ports, unlock), edge };
  } catch (error) {
    await ports?.close();
    unlock();
    throw error;
  }
}

async function assemble(
  { root, settings, log, config, isServing }: OrchestratorOptions,
  edge: EdgeConfig,
  configs: RootConfigs,
  ports: OpenPorts,
  unlock: () => void,
): Promise<Orchestrator> {
  const ending = new AbortController();
  // everything that is under way listens to it
  setMaxListeners(0, ending.signal);
  const context = adapterContext(root, settings, log);
  const events = createEventLog(randomUUID().slice(0, 8));
  const holder = createStationHolder();
  const devices = createCameraDevices(context);
  const records = createItemRecords({ ...ports, events, log, writeTimeoutMs: WRITE_TIMEOUT_MS });
  const inspections = createInspections({
    ...ports,
    records,
    identifyImage,
    writeTimeoutMs: WRITE_TIMEOUT_MS,
    telemetryTimeoutMs: TELEMETRY_TIMEOUT_MS,
    unsavedPictures: createUnsavedPictures(MAX_UNSAVED_BYTES),
    inFlight: createTurns(edge.server.max_in_flight),
    capacity: edge.server.max_in_flight + edge.server.max_waiting,
    newId: randomUUID,
    log,
    signal: ending.signal,
  });
  const inspectModel = ports.modelForward.inspect;
  const activation = createActivation({
    holder,
    log,
    readConfig: (name) => configs.readConfig(name, inspectModel),
    open: (plan) => openStation(plan, { modelForward: ports.modelForward, devices }, ending.signal),
    activated: async (plan) => {
      events.publish({ event: 'config', data: { active: plan.name } });
      await keepTraces(root, plan, isServing ? ports.journal : null, log);
    },
  });

  if (ports.isJournalEmpty) await fillJournal(ports, log, ending.signal);
  await closeLeftovers(ports, records, log, ending.signal);
  const remembered = await ports.journal.recall(ACTIVE_CONFIG_FACT);
  const first = config ?? settings.activeConfigName ?? remembered ?? edge.active_config;
  if (first !== undefined) await activation.start(first);

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    try {
      await inspections.drain();
      await records.close();
      ending.abort();
      await holder.close();
      await ports.close();
    } finally {
      unlock();
    }
  };
  return {
    items: {
      find: records.find,
      list: records.list,
      binary: (id, cameraId) => storedImage(id, cameraId, records, ports, ending.signal),
    },
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
      diagnostics: async () => (await configs.read(inspectModel)).diagnostics,
      active: () => holder.active()?.raw ?? null,
      activate: activation.activate,
    },
    inventory: () => inventoryAsWritten(configs),
    events,
    drain: inspections.drain,
    health: () => stationHealth({ holder, activation, ports, records, inspections, signal: ending.signal }),
    close() {
      closing ??= close();
      return closing;
    },
  };
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

async function storedImage(
  id: string,
  cameraId: string,
  records: ItemRecords,
  { binaryStorage }: OpenPorts,
  signal: AbortSignal,
): Promise<StoredImage | undefined> {
  const item = await records.find(id);
  const name = item?.binaries.find((binary) => binary.slice(0, binary.lastIndexOf('.')) === cameraId);
  if (item === undefined || name === undefined) return undefined;
  const key = { config: item.station_config, itemId: item.id, name };
  const read = (limit: AbortSignal): Promise<Uint8Array | undefined> => binaryStorage.get(key, limit);
  const bytes = await withDeadline(WRITE_TIMEOUT_MS, `reading ${name}`, signal, read);
  return bytes === undefined ? undefined : { name, mediaType: mediaTypeOfName(name), bytes };
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

import { setTimeout as wait } from 'node:timers/promises';
import { readFact } from '../adapters/journal/read-fact.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Log } from '../ports/context.ts';
import type { Settings } from '../settings.ts';
import { ACTIVE_CONFIG_FACT } from './activation.ts';
import { adapterContext } from './adapter-context.ts';
import { type CameraDevices, type CameraUse, createCameraDevices } from './camera-devices.ts';
import { openRootConfigs, type StationConfigState } from './root-configs.ts';
import { journalFile } from './root-files.ts';
import type { CameraPlan } from './station-plan.ts';

/** A camera that a station config names. */
export interface ConfiguredCamera {
  readonly config: string;
  /** Whether its config is the one the station runs, or would start with. */
  readonly is_active: boolean;
  readonly camera: string;
  readonly type: string;
  readonly source: string | null;
  /** Absent where nothing was measured. */
  readonly measured?: CaptureTimes;
}

/** How long captures took, from the call to the picture, in milliseconds. */
export interface CaptureTimes {
  readonly captures: number;
  /** Null when no capture succeeded. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  /** Until the camera was there for the first capture. */
  readonly opened_ms: number | null;
  /** Why it gave no picture, or fewer than were asked for; null when all succeeded. */
  readonly failure: string | null;
}

export interface ConfiguredCameras {
  readonly cameras: readonly ConfiguredCamera[];
  /** Configs whose errors keep from knowing their cameras. */
  readonly broken: readonly string[];
}

export interface CamerasOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  readonly log: Log;
  /** Station config whose cameras are meant; undefined: every one's, and the active one's for what is measured. */
  readonly config: string | undefined;
  /** Opens cameras and takes pictures; null: they are only listed. */
  readonly measure: { readonly captures: number; readonly signal: AbortSignal } | null;
}

/** The cameras of the root's configs. Rejects with `CONFIG_NOT_FOUND` for a config that is not there, or when there is none to measure. */
export async function configuredCameras(options: CamerasOptions): Promise<ConfiguredCameras> {
  const { root, settings, log, config, measure } = options;
  const configs = await openRootConfigs({ root, settings, log });
  const remembered = readFact(journalFile(root), ACTIVE_CONFIG_FACT);
  const active = settings.activeConfigName ?? remembered ?? configs.edge?.active_config;
  const measuredName = config ?? active;
  const state = await configs.read(async () => null);
  const meant = config === undefined ? state.configs : state.configs.filter(({ name }) => name === config);
  if (config !== undefined && meant.length === 0) throw noConfig(config);
  if (measure !== null && !state.configs.some(({ name }) => name === measuredName)) {
    throw measuredName === undefined
      ? new AppError('CONFIG_NOT_FOUND', 'no config is active: --config NAME says which one is measured')
      : noConfig(measuredName);
  }
  const devices = createCameraDevices(adapterContext(root, settings, log, configs.kinds));
  const cameras: ConfiguredCamera[] = [];
  for (const { name, plan } of meant) {
    for (const camera of plan?.cameras ?? []) {
      const listed = {
        ...{ config: name, is_active: name === active, camera: camera.id, type: camera.type },
        source: camera.metadata.source,
      };
      const measured = measure !== null && name === measuredName ? await timesOf(camera, devices, measure) : undefined;
      cameras.push(measured === undefined ? listed : { ...listed, measured });
    }
  }
  const broken = meant.filter((candidate: StationConfigState) => candidate.plan === null).map(({ name }) => name);
  return { cameras, broken };
}

function noConfig(name: string): AppError {
  return new AppError('CONFIG_NOT_FOUND', `there is no station config "${name}"`);
}

/** How long a camera may take until it is there. */
const START_MS = 20_000;
const RETRY_MS = 100;
/** Captures that follow at once would all meet the camera at the same moment between two of its pictures. */
const MOST_PAUSE_MS = 100;

async function timesOf(
  camera: CameraPlan,
  devices: CameraDevices,
  { captures, signal }: { readonly captures: number; readonly signal: AbortSignal },
): Promise<CaptureTimes> {
  let use: CameraUse | undefined;
  let openedMs: number | null = null;
  const times: number[] = [];
  let failure: string | null = null;
  try {
    const began = performance.now();
    use = await devices.use(camera);
    await untilThere(use, began + START_MS, signal);
    openedMs = performance.now() - began;
    for (let count = 0; count < captures; count += 1) {
      await wait(Math.random() * MOST_PAUSE_MS);
      const trigger = performance.now();
      await use.capture(signal);
      times.push(performance.now() - trigger);
    }
  } catch (error) {
    failure = messageOf(error);
  } finally {
    await use?.release();
  }
  const sorted = times.toSorted((a, b) => a - b);
  return {
    captures: times.length,
    p50_ms: percentile(sorted, 0.5),
    p95_ms: percentile(sorted, 0.95),
    opened_ms: rounded(openedMs),
    failure,
  };
}

async function untilThere(use: CameraUse, endMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await use.check(signal);
    } catch (error) {
      if (signal.aborted || performance.now() > endMs) throw error;
      await wait(RETRY_MS);
    }
  }
}

/** The nearest rank; null of nothing. */
function percentile(sorted: readonly number[], share: number): number | null {
  return rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(10 * ms) / 10;
}

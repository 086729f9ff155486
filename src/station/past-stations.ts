import { readFile } from 'node:fs/promises';
import type { HeldStation } from '../application/inspections.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { CameraDevices } from './camera-devices.ts';
import { keptConfigFile } from './config-archive.ts';
import type { OpenStation } from './open-station.ts';
import type { StationConfigState } from './root-configs.ts';
import type { StationHolder } from './station-holder.ts';
import type { StationPlan } from './station-plan.ts';

/** Stations of configs that items were triggered under, for finishing these items from their stored pictures. */
export interface PastStations {
  /** The station of an item: the active one where that has the same config, else one without cameras. Rejects with the reason when it cannot be opened as it was. */
  hold(item: Item): Promise<HeldStation>;
  /** Closes what is not held any more. */
  close(): Promise<void>;
}

export interface PastStationsOptions {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly holder: StationHolder;
  readonly readKept: (name: string, file: string, text: string) => Promise<StationConfigState>;
  /** Opens a station whose cameras are these. */
  readonly open: (plan: StationPlan, devices: CameraDevices) => Promise<OpenStation>;
}

/** Another part stands before the cameras by now: none is opened. */
const NO_CAMERAS: CameraDevices = {
  async use() {
    const refuse = async (): Promise<never> => {
      throw new AppError('CAMERA_UNREACHABLE', 'the camera is not asked for an item of the past');
    };
    return { capture: refuse, check: refuse, warnings: () => [], async release() {} };
  },
};

export function createPastStations({ root, holder, readKept, open }: PastStationsOptions): PastStations {
  /** The last one stays open: items that were left behind mostly have the same config. */
  let last: { readonly digest: string; readonly opened: OpenStation } | null = null;

  const openKept = async ({ station_config, config_digest }: Item): Promise<OpenStation> => {
    const digest = config_digest ?? '';
    if (last?.digest === digest) return last.opened;
    const file = keptConfigFile(root, digest);
    const text = file === null ? null : await readFile(file, 'utf8').catch(() => null);
    if (text === null) throw new AppError('CONFIG_NOT_FOUND', 'it is not kept in data/configs');
    const { plan, diagnostics } = await readKept(station_config, `data/configs/${digest}.json`, text);
    if (plan === null) throw new AppError('CONFIG_INVALID', diagnostics.map(({ message }) => message).join('; '));
    await last?.opened.close();
    last = null;
    const opened = await open(plan, NO_CAMERAS);
    last = { digest, opened };
    return opened;
  };

  return {
    async hold(item) {
      if (holder.active()?.station.configDigest === item.config_digest) return holder.hold();
      if (item.binaries.length === 0) {
        throw new AppError('CONFIG_NOT_FOUND', 'it is not the active one, whose cameras could capture again');
      }
      const { station } = await openKept(item).catch((error: unknown) => {
        throw new AppError('CONFIG_INVALID', messageOf(error), { cause: error });
      });
      // they are held one at a time, and the last one is closed when another is needed
      return { station, release: () => undefined };
    },
    async close() {
      await last?.opened.close();
      last = null;
    },
  };
}

import type { HeldStation } from '../application/inspections.ts';
import { noActiveConfig } from '../domain/errors.ts';
import type { OpenStation } from './open-station.ts';

/** Holds the active station. Running inspections keep the one they started with open until they have finished. */
export interface StationHolder {
  /** Null when no config is active. */
  active(): OpenStation | null;
  /** The active station, open until it is released. Throws `NO_ACTIVE_CONFIG`. */
  hold(): HeldStation;
  /** Makes a station the active one; the one before is closed once nobody holds it. After `close` it is closed at once. */
  replace(next: OpenStation): void;
  /** Resolves when the active station and all before it are closed, which is when nobody holds them any more. */
  close(): Promise<void>;
}

interface Tenancy {
  readonly open: OpenStation;
  holders: number;
  isRetired: boolean;
  readonly closed: PromiseWithResolvers<void>;
}

export function createStationHolder(): StationHolder {
  let current: Tenancy | null = null;
  const retired = new Set<Tenancy>();
  let isClosed = false;

  const closeWhenFree = (tenancy: Tenancy): void => {
    if (!tenancy.isRetired || tenancy.holders > 0) return;
    const forget = (): void => {
      retired.delete(tenancy);
      tenancy.closed.resolve();
    };
    tenancy.open.close().then(forget, forget);
  };
  const retire = (tenancy: Tenancy | null): void => {
    if (tenancy === null) return;
    tenancy.isRetired = true;
    retired.add(tenancy);
    closeWhenFree(tenancy);
  };
  const retireCurrent = (): void => {
    retire(current);
    current = null;
  };

  return {
    active: () => current?.open ?? null,
    hold() {
      if (current === null) throw noActiveConfig();
      const tenancy = current;
      let isReleased = false;
      tenancy.holders += 1;
      return {
        station: tenancy.open.station,
        release() {
          if (isReleased) return;
          isReleased = true;
          tenancy.holders -= 1;
          closeWhenFree(tenancy);
        },
      };
    },
    replace(next) {
      const previous = current;
      current = { open: next, holders: 0, isRetired: false, closed: Promise.withResolvers() };
      retire(previous);
      if (isClosed) retireCurrent();
    },
    async close() {
      isClosed = true;
      retireCurrent();
      await Promise.all([...retired].map(({ closed }) => closed.promise));
    },
  };
}

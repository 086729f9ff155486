import { jsonStationConfigs } from './json-station-configs.ts';

/** Register a source of station configs here. */
export const stationConfigs = [jsonStationConfigs] as const;

import { fakeTelemetrySink } from './fake-telemetry-sink.ts';

/** Register a telemetry sink here. */
export const telemetrySinks = [fakeTelemetrySink] as const;

import { fakeTelemetrySink } from './fake-telemetry-sink.ts';
import { postgresqlTelemetrySink } from './postgresql-telemetry-sink.ts';

/** Register a telemetry sink here. */
export const telemetrySinks = [fakeTelemetrySink, postgresqlTelemetrySink] as const;

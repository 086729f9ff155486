import { azureIotHubTelemetrySink } from './azure-iot-hub-telemetry-sink.ts';
import { fakeTelemetrySink } from './fake-telemetry-sink.ts';
import { postgresqlTelemetrySink } from './postgresql-telemetry-sink.ts';

/** Register a telemetry sink here. */
export const telemetrySinks = [fakeTelemetrySink, postgresqlTelemetrySink, azureIotHubTelemetrySink] as const;

import { describe } from 'vitest';
import { testContext } from '../../ports/context.test-support.ts';
import { telemetrySinkContract } from '../../ports/telemetry-sink.contract.ts';
import { fakeTelemetrySink } from './fake-telemetry-sink.ts';

describe('fake telemetry sink', () => {
  telemetrySinkContract({ open: async () => fakeTelemetrySink.open({}, await testContext()), received: null });
});

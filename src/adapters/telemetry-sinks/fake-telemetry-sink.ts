import { z } from 'zod';
import { defineTelemetrySink } from '../../ports/telemetry-sink.ts';

/** Tells nobody: for a station that stands alone. */
export const fakeTelemetrySink = defineTelemetrySink({
  type: 'fake',
  options: z.strictObject({}).meta({ title: 'No telemetry' }),
  silent: true,
  async open() {
    return {
      async send(_telemetry, signal) {
        signal.throwIfAborted();
      },
      async check(signal) {
        signal.throwIfAborted();
      },
      async close() {},
    };
  },
});

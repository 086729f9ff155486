import { z } from 'zod';
import { defineTelemetrySink } from '../../ports/telemetry-sink.ts';

/** Tells nobody: for a station that stands alone. */
export const fakeTelemetrySink = defineTelemetrySink({
  type: 'fake',
  options: z.strictObject({}).meta({ title: 'No telemetry' }),
  async open() {
    return {
      async send(_message, signal) {
        signal.throwIfAborted();
      },
      async close() {},
    };
  },
});

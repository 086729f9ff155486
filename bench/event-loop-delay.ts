/**
 * Loaded into the measured station with `node --import`: answers each message of the benchmark with what the process
 * used since the last one. The product knows nothing of it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** How often the event loop is asked, in milliseconds; the histogram counts this interval in, so it is taken off. */
const RESOLUTION_MS = 5;

export interface Usage {
  /** Of the whole process with its threads, since the last answer. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Lateness of the main thread's event loop since the last answer. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

if (isMainThread && process.channel !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let cpu = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(cpu);
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const usage: Usage = {
      cpuMs: (user + system) / 1e3,
      rssMb: process.memoryUsage.rss() / 2 ** 20,
      eventLoopDelayMs: {
        p50: late(delays.percentile(50)),
        p99: late(delays.percentile(99)),
        max: late(delays.max),
      },
    };
    process.send?.(usage);
    delays.reset();
    cpu = process.cpuUsage();
  });
  // The channel must not keep the station from ending.
  process.channel.unref();
}

/** Milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Three decimals: what the clocks behind these figures can tell. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** The smallest value that at least this share (0…1) of the values does not exceed; NaN where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function latenciesOf(values: readonly number[]): Latencies {
  const at = (share: number) => rounded(percentile(values, share));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One inspection as it was seen from outside, with what the station says of it. */
export interface Sample {
  readonly latencyMs: number;
  /** `timings_ms` of the item. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface Parts {
  /** Means in milliseconds. */
  readonly mean_ms: Readonly<Record<'decode' | 'resize' | 'inference' | 'writes' | 'rest', number>>;
  /** The same as shares of the latency. `writes` runs beside the models, so the shares may add up to more than 1. */
  readonly share: Readonly<Record<'decode' | 'resize' | 'inference' | 'writes' | 'rest', number>>;
  /** What is neither decoding, resizing nor inference, per inspection. */
  readonly rest: Latencies;
}

/**
 * Where the time of an inspection goes. `writes` is how long the images took to be saved. `rest` is all of the latency
 * that is not decode, resize or inference: HTTP, queue, capture, and the writes that nothing hides.
 */
export function partsOf(samples: readonly Sample[]): Parts {
  const timing = (key: string) => samples.map(({ timings }) => timings[key] ?? 0);
  const [decode, resize, inference, writes] = [
    timing('decode'),
    timing('resize'),
    timing('model'),
    timing('save_binaries'),
  ];
  const rest = samples.map(({ latencyMs }, index) =>
    Math.max(0, latencyMs - (decode[index] ?? 0) - (resize[index] ?? 0) - (inference[index] ?? 0)),
  );
  const latency = mean(samples.map(({ latencyMs }) => latencyMs));
  const means = {
    decode: mean(decode),
    resize: mean(resize),
    inference: mean(inference),
    writes: mean(writes),
    rest: mean(rest),
  };
  const each = (figure: (value: number) => number) => ({
    decode: rounded(figure(means.decode)),
    resize: rounded(figure(means.resize)),
    inference: rounded(figure(means.inference)),
    writes: rounded(figure(means.writes)),
    rest: rounded(figure(means.rest)),
  });
  return { mean_ms: each((value) => value), share: each((value) => value / latency), rest: latenciesOf(rest) };
}

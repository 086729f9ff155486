import { expect, it } from 'vitest';
import { latenciesOf, partsOf, percentile } from './figures.ts';

it.each([
  [[5, 1, 3, 2, 4], 0.5, 3],
  [[5, 1, 3, 2, 4], 0.95, 5],
  [[7], 0.99, 7],
])('takes a percentile of %j at %d', (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

it('has no percentile of nothing', () => {
  expect(percentile([], 0.5)).toBeNaN();
});

it('sums up latencies', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(latenciesOf(values)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
});

it('counts as rest what is neither decoding, resizing nor inference', () => {
  const timings = { decode: 1, resize: 0.5, model: 2.5, save_binaries: 3, capture: 0.2 };
  const parts = partsOf([{ latencyMs: 8, timings }]);
  expect(parts.mean_ms).toEqual({ decode: 1, resize: 0.5, inference: 2.5, writes: 3, rest: 4 });
  expect(parts.share).toEqual({ decode: 0.125, resize: 0.063, inference: 0.313, writes: 0.375, rest: 0.5 });
  expect(parts.rest.p50).toBe(4);
});

it('calls everything rest where the forward tells no timings', () => {
  expect(partsOf([{ latencyMs: 2, timings: {} }]).mean_ms.rest).toBe(2);
});

import { describe, expect, it } from 'vitest';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import { DESTINATIONS, isFor } from './delivery.ts';

describe('a finished item', () => {
  it.each([
    ['decided', {}, ['binary_storage', 'metadata_storage', 'telemetry_sink']],
    ['without pictures', { binaries: [] }, ['metadata_storage', 'telemetry_sink']],
    ['uploaded, not decided', { decision: null }, ['binary_storage', 'metadata_storage']],
  ] as const)('that is %s has something for the right destinations', (_what, change, expected) => {
    const item = exampleItem('item', change as object);
    expect(DESTINATIONS.filter((destination) => isFor(destination, item))).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { Labels } from './labels.ts';

describe('a label parameter', () => {
  it.each([
    { written: 'good', labels: ['good'] },
    { written: ['good'], labels: ['good'] },
    { written: ['good', 'cell phone'], labels: ['good', 'cell phone'] },
  ])('$written means $labels', ({ written, labels }) => {
    expect(Labels.parse(written)).toEqual(labels);
  });

  it.each([[[]], [''], [['']], [null], [3], [['a', 3]], [{}]])('%j is refused', (written) => {
    expect(Labels.safeParse(written).success).toBe(false);
  });
});

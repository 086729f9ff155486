import { describe, expect, it } from 'vitest';
import { cropView, fitView, type Rgb } from './fit-view.ts';

/** A view whose left half is black and whose right half is white. */
function halves(width: number, height: number): Rgb {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    data.fill(pixel % width < width / 2 ? 0 : 255, pixel * 3, pixel * 3 + 3);
  }
  return { width, height, data };
}

const redAt = (view: Rgb, x: number, y: number): number => view.data[(y * view.width + x) * 3] as number;

describe('cropping a view', () => {
  it('takes the pixels that the box names', () => {
    const crop = cropView(halves(8, 4), [0.5, 0.25, 1, 0.75]);
    expect([crop.width, crop.height]).toEqual([4, 2]);
    expect([...crop.data].every((value) => value === 255)).toBe(true);
  });

  it('takes the view itself without a box', () => {
    const view = halves(8, 4);
    expect(cropView(view, null)).toBe(view);
    expect(cropView(view, [0, 0, 1, 1])).toBe(view);
  });

  it.each([[[0.5, 0.5, 0.501, 0.501] as const], [[0.9999, 0.9999, 1, 1] as const]])(
    'takes at least one pixel for the box %j',
    (box) => {
      const crop = cropView(halves(8, 4), box);
      expect([crop.width, crop.height, crop.data.length]).toEqual([1, 1, 3]);
    },
  );
});

describe('giving a view the size of a model', () => {
  it.each(['cover', 'stretch', 'letterbox'] as const)('leaves a view that fits as it is under %s', async (resize) => {
    const view = halves(8, 4);
    const fitted = await fitView(view, [8, 4], resize);
    expect(fitted.data).toBe(view.data);
    expect(fitted.placement).toEqual({ scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 });
  });

  it('leaves a view as it is for a model that takes any size', async () => {
    const view = halves(8, 4);
    expect((await fitView(view, null, 'stretch')).data).toBe(view.data);
  });

  it('stretches both axes on their own', async () => {
    const fitted = await fitView(halves(80, 20), [20, 20], 'stretch');
    expect([fitted.width, fitted.height, fitted.data.length]).toEqual([20, 20, 1200]);
    expect([redAt(fitted, 0, 10), redAt(fitted, 19, 10)]).toEqual([0, 255]);
  });

  it('covers the size with the centre of the view', async () => {
    const fitted = await fitView(halves(80, 20), [20, 20], 'cover');
    expect(fitted.placement).toEqual({ scaleX: 0.25, scaleY: 1, offsetX: 0.375, offsetY: 0 });
    expect([redAt(fitted, 5, 10), redAt(fitted, 14, 10)]).toEqual([0, 255]);
  });

  it('puts grey bars around a letterboxed view', async () => {
    const fitted = await fitView(halves(80, 20), [40, 40], 'letterbox');
    expect(fitted.placement).toEqual({ scaleX: 1, scaleY: 4, offsetX: 0, offsetY: -1.5 });
    expect([0, 14, 25, 39].map((row) => redAt(fitted, 20, row))).toEqual([114, 114, 114, 114]);
    expect([redAt(fitted, 2, 20), redAt(fitted, 37, 20)]).toEqual([0, 255]);
  });

  it('reads pixels from memory that threads share', async () => {
    const view = halves(80, 20);
    const shared = new Uint8Array(new SharedArrayBuffer(view.data.length));
    shared.set(view.data);
    const fitted = await fitView({ ...view, data: shared }, [10, 10], 'stretch');
    expect(fitted.data).toEqual((await fitView(view, [10, 10], 'stretch')).data);
  });
});

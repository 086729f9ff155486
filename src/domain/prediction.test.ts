import { describe, expect, it } from 'vitest';
import { clippedLocation, type Location, relocated } from './prediction.ts';

const { NaN: NOT_A_NUMBER, POSITIVE_INFINITY: INFINITE } = Number;

describe('the location of a box', () => {
  it.each([
    { box: [0.1, 0.2, 0.3, 0.4], location: [0.1, 0.2, 0.3, 0.4] },
    { box: [0.123456, 0.2, 0.987654, 0.4], location: [0.1235, 0.2, 0.9877, 0.4] },
    { box: [-0.5, -0.1, 0.5, 1.5], location: [0, 0, 0.5, 1] },
    { box: [-1, -1, 2, 2], location: [0, 0, 1, 1] },
    { box: [0, 0, INFINITE, 1], location: [0, 0, 1, 1] },
  ] as const)('is $location for $box', ({ box: [xmin, ymin, xmax, ymax], location }) => {
    expect(clippedLocation(xmin, ymin, xmax, ymax)).toEqual(location);
  });

  it.each([
    { what: 'empty', box: [0.2, 0.2, 0.2, 0.4] },
    { what: 'empty once rounded', box: [0.2, 0.2, 0.200001, 0.4] },
    { what: 'inverted', box: [0.4, 0.2, 0.2, 0.4] },
    { what: 'inverted upwards', box: [0.2, 0.4, 0.4, 0.2] },
    { what: 'right of the image', box: [1.1, 0.2, 1.5, 0.4] },
    { what: 'above the image', box: [0.1, -0.5, 0.5, 0] },
    { what: 'not a number', box: [NOT_A_NUMBER, 0.2, 0.5, 0.4] },
  ] as const)('does not exist when the box is $what', ({ box: [xmin, ymin, xmax, ymax] }) => {
    expect(clippedLocation(xmin, ymin, xmax, ymax)).toBeNull();
  });

  it.each<{ inner: Location; crop: Location; location: Location }>([
    { inner: [0, 0, 1, 1], crop: [0.25, 0.5, 0.75, 1], location: [0.25, 0.5, 0.75, 1] },
    { inner: [0.5, 0.5, 1, 1], crop: [0, 0, 0.5, 0.5], location: [0.25, 0.25, 0.5, 0.5] },
    { inner: [0.1, 0.2, 0.3, 0.4], crop: [0, 0, 1, 1], location: [0.1, 0.2, 0.3, 0.4] },
    { inner: [0.3333, 0, 0.6667, 1], crop: [0.1, 0.1, 0.4, 0.2], location: [0.2, 0.1, 0.3, 0.2] },
  ])('$inner inside the crop $crop is $location on the image', ({ inner, crop, location }) => {
    expect(relocated(inner, crop)).toEqual(location);
  });

  it('is none when the place on the image is too small for 4 decimals', () => {
    expect(relocated([0, 0, 0.01, 0.01], [0.5, 0.5, 0.504, 0.504])).toBeNull();
  });
});

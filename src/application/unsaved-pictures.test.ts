import { describe, expect, it } from 'vitest';
import { createUnsavedPictures } from './unsaved-pictures.ts';

describe('the pictures that wait for the disk', () => {
  it('are too many from the given size on, until enough are saved', () => {
    const pictures = createUnsavedPictures(1_000);
    const [small, large] = [new Uint8Array(400), new Uint8Array(600)];
    pictures.add(small);
    expect(pictures.isFull).toBe(false);
    pictures.add(large);
    expect(pictures.isFull).toBe(true);
    pictures.remove(small);
    expect(pictures.isFull).toBe(false);
  });
});
